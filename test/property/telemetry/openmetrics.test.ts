import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { parseOpenMetrics } from '../../support/openmetrics.ts';

describe('OpenMetrics text', () => {
  test('of the whole metric table keeps every rule of the specification', () => {
    const registry = new Registry();
    const families = Object.values(pilotfishMetrics(registry));
    for (const family of families) {
      for (const value of ['a', 'b']) {
        const series = family.bind(...family.definition.labels.map(() => value));
        if (!('record' in series)) series.add(1.5);
        else {
          series.record(0.01);
          series.recordTraced({ value: 3, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), wallMs: 1_700_000_000_000 });
        }
      }
    }
    const samples = parseOpenMetrics(
      prometheusText(registry, { format: 'openmetrics', resource: new Map([['a.b', 'c']]) }),
    );
    const names = new Set(samples.map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, '')));
    for (const family of families) expect(names).toContain(family.prometheusName.replace(/_count$/, ''));
    expect(samples.filter(({ exemplar }) => exemplar !== undefined).length).toBeGreaterThan(4);
  });

  test('gives back label values and numbers exactly, whatever they are', () => {
    const unit = fc.constantFrom(...'ab"\\\n\r\t,={}#\u0000\u2028é€😀\ud800');
    const value = fc.string({ unit, minLength: 1, maxLength: 20 });
    const rows = fc.uniqueArray(fc.record({ value, number: fc.double({ noNaN: true, min: 0 }) }), {
      selector: (row) => row.value,
      maxLength: 10,
    });
    fc.assert(
      fc.property(rows, (series) => {
        const registry = new Registry();
        const family = registry.counter({ name: 'test.things', unit: '', help: 'Things', labels: ['upstream'] });
        for (const row of series) family.bind(row.value).add(row.number);
        const text = prometheusText(registry, { format: 'openmetrics', resource: new Map([['service.name', 'x']]) });
        const read = parseOpenMetrics(text).filter(({ name }) => name === 'test_things_total');
        expect(read.map(({ labels }) => labels.get('upstream'))).toEqual(series.map((row) => row.value));
        expect(read.map(({ value: number }) => number)).toEqual(series.map((row) => row.number));
      }),
    );
  });

  test('rules that are broken are found', () => {
    for (const text of [
      'a 1\n# EOF\n',
      '# HELP a a\n# TYPE a counter\na 1\n# EOF\n',
      '# HELP a a\n# TYPE a gauge\na 1\n',
      '# HELP a a\n# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n',
      '# HELP a a\n# TYPE a histogram\na_bucket{le="1"} 1\n# EOF\n',
      '# HELP a a\n# TYPE a gauge\na{b="c} 1\n# EOF\n',
    ]) {
      expect(() => parseOpenMetrics(text)).toThrow();
    }
  });
});
