import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HistogramPair } from '../../../src/telemetry/histogram-pair.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { RegistryReader } from '../../../src/telemetry/registry-reading.ts';
import type { Histogram } from '../../../src/telemetry/series.ts';

const definition = { name: 'test.duration', unit: 's', help: 'How long', labels: ['upstream'], buckets: [0.1, 1, 10] };

function histograms(...labels: string[]): [Registry, ...Histogram[]] {
  const registry = new Registry();
  const family = registry.histogram(definition);
  return [registry, ...labels.map((label) => family.bind(label))];
}

test('whoever reads sees each value in both, however many there are and whenever they read', () => {
  const values = fc.array(fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constantFrom(Number.NaN, -1)));
  fc.assert(
    fc.property(fc.array(values, { maxLength: 8 }), (rounds) => {
      const [, one, other, plain] = histograms('one', 'other', 'plain') as [Registry, Histogram, Histogram, Histogram];
      const pair = HistogramPair.of(one, other);
      for (const round of rounds) {
        for (const value of round) {
          pair.record(value);
          plain.record(value);
        }
        expect(one.read()).toEqual(plain.read());
        expect(other.read()).toEqual(plain.read());
      }
    }),
  );
});

test('a histogram may be in several pairs, and counts what comes to it alone', () => {
  const [, one, left, right] = histograms('one', 'left', 'right') as [Registry, Histogram, Histogram, Histogram];
  const pairs = [HistogramPair.of(one, left), HistogramPair.of(one, right)];
  expect(HistogramPair.of(one, right)).toBe(pairs[1]);
  one.record(0.5);
  for (const pair of pairs) pair.record(0.5);
  expect([one, left, right].map((histogram) => histogram.read().count)).toEqual([3, 1, 1]);
});

test('what another process is told of includes the values that waited', () => {
  const [registry, one, other] = histograms('one', 'other') as [Registry, Histogram, Histogram];
  const reader = new RegistryReader(registry);
  const pair = HistogramPair.of(one, other);
  pair.record(0.5);
  const sums = () => reader.read().histograms.map(({ value }) => value.sum);
  expect(sums()).toEqual([0.5, 0.5]);
  expect(sums()).toEqual([]);
  pair.record(2);
  expect(sums()).toEqual([2, 2]);
});

test('values of an upstream that is gone do not come up in the series that took its place', () => {
  const [registry, one, other] = histograms('one', 'other') as [Registry, Histogram, Histogram];
  const pair = HistogramPair.of(one, other);
  pair.record(0.5);
  registry.forget('upstream', 'one');
  const next = registry.histogram(definition).bind('next');
  pair.record(0.5);
  expect(other.read().count).toBe(2);
  expect(next.read().count).toBe(0);
});
