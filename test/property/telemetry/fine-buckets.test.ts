import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FINE_BUCKETS, fineBucketOf, fineBucketStart, quantile } from '../../../src/telemetry/fine-buckets.ts';
import { type FineCounts, FineTally, fineGain } from '../../../src/telemetry/fine-tally.ts';
import { durationBuckets } from '../../../src/telemetry/metric-definition.ts';
import { Registry } from '../../../src/telemetry/registry.ts';

const seconds = fc.double({ min: 0, max: 1000, noNaN: true });

describe('the fine scale', () => {
  test('every value lies between the edges of its bucket', () => {
    fc.assert(
      fc.property(seconds, (value) => {
        const bucket = fineBucketOf(value);
        expect(fineBucketStart(bucket)).toBeLessThanOrEqual(value);
        if (bucket < FINE_BUCKETS - 1) expect(fineBucketStart(bucket + 1)).toBeGreaterThan(value);
      }),
      { numRuns: 2000 },
    );
  });

  test('edges rise and no bucket is wider than 6.25 % of its start', () => {
    for (let bucket = 1; bucket < FINE_BUCKETS - 1; bucket++) {
      const start = fineBucketStart(bucket);
      const end = fineBucketStart(bucket + 1);
      expect(end).toBeGreaterThan(start);
      expect((end - start) / start).toBeLessThanOrEqual(0.0625);
      expect(fineBucketOf(start)).toBe(bucket);
    }
  });

  test.each([
    ['the contract’s bounds', durationBuckets],
    ['bounds that share a fine bucket, and lie beyond the scale', [1e-6, 1e-5, 0.001, 0.001001, 0.001002, 200, 300]],
  ])('%s get exactly what a plain search would give them', (_, bounds) => {
    const edges = bounds.flatMap((bound) => [bound, bound * (1 + 2 ** -50), bound * (1 - 2 ** -50)]);
    fc.assert(
      fc.property(fc.array(fc.oneof(seconds, fc.constantFrom(...edges)), { maxLength: 50 }), (values) => {
        const definition = { name: 'h', unit: 's', help: 'h', labels: [], buckets: bounds };
        const histogram = new Registry().histogram(definition).bind();
        const expected = new Array(bounds.length + 1).fill(0);
        for (const value of values) {
          histogram.record(value);
          const bucket = bounds.findIndex((bound) => value <= bound);
          expected[bucket === -1 ? bounds.length : bucket] += 1;
        }
        expect([...histogram.read().buckets]).toEqual(expected);
      }),
    );
  });

  test('p50, p90 and p99 of a long-tailed load are within 4 % of the exact ones', () => {
    const random = seededRandom(7);
    const values = Array.from({ length: 20_000 }, () => 0.002 * Math.exp(2 * Math.sqrt(-2 * Math.log(1 - random()))));
    const tally = new FineTally();
    for (const value of values) tally.add(fineBucketOf(value), 1);
    values.sort((a, b) => a - b);
    for (const q of [0.5, 0.9, 0.99]) {
      const exact = values[Math.floor(q * values.length)] as number;
      expect(Math.abs((quantile(tally, q) as number) / exact - 1)).toBeLessThan(0.04);
    }
  });

  test('a tally that grows with its range holds what room for the whole scale would, and tells what it gained', () => {
    const bucket = fc.integer({ min: 0, max: FINE_BUCKETS - 1 });
    fc.assert(
      fc.property(fc.array(bucket), fc.array(bucket), (earlier, later) => {
        const all = (from: number[]) =>
          Array.from({ length: FINE_BUCKETS }, (_, at) => from.filter((b) => b === at).length);
        const shown = ({ from, counts }: FineCounts) =>
          Array.from({ length: FINE_BUCKETS }, (_, at) => counts[at - from] ?? 0);
        const tally = new FineTally();
        for (const each of earlier) tally.add(each, 1);
        const before = tally.copy();
        for (const each of later) tally.add(each, 1);
        expect(shown(before)).toEqual(all(earlier));
        expect(shown(tally)).toEqual(all([...earlier, ...later]));
        expect(shown(fineGain(tally, before))).toEqual(all(later));
        const sum = new FineTally();
        sum.addAll(fineGain(tally, before));
        sum.addAll(before);
        expect(shown(sum)).toEqual(shown(tally));
      }),
    );
  });

  test('nothing counted has no quantile', () => {
    expect(quantile(new FineTally(), 0.5)).toBeUndefined();
  });
});
