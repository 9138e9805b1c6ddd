import { describe, expect, test } from 'vitest';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { RequestSeries } from '../../../src/telemetry/request-series.ts';

describe('request durations', () => {
  test('are bound by method and status, once', () => {
    const { serverDuration } = pilotfishMetrics(new Registry());
    const series = new RequestSeries(serverDuration, 'orders');
    expect(series.of('GET', 200, '')).toBe(series.of('GET', 200, ''));
    series.of('GET', 200, '').record(0.1);
    series.of('GET', 503, '').record(0.1);
    series.of('GET', 404, '').record(0.1);
    series.of('POST', 0, 'connection_refused').record(0.1);
    series.of('POST', 502, 'connection_refused').record(0.1);
    expect([...serverDuration.list()].map(({ values }) => values)).toEqual([
      ['orders', 'GET', '200', ''],
      ['orders', 'GET', '503', '503'],
      ['orders', 'GET', '404', ''],
      ['orders', 'POST', '', 'connection_refused'],
      ['orders', 'POST', '502', 'connection_refused'],
    ]);
  });

  test('cannot be multiplied by made-up methods or statuses', () => {
    const { serverDuration } = pilotfishMetrics(new Registry());
    const series = new RequestSeries(serverDuration, 'orders');
    for (let index = 0; index < 1000; index++) {
      series.of(`M${index}`, 200, '').record(0.1);
      series.of(`M${index}`, 599 + index, '').record(0.1);
      series.of(`M${index}`, -index, 'x').record(0.1);
    }
    expect([...serverDuration.list()].map(({ values }) => values.join(' ')).sort()).toEqual([
      'orders _OTHER  ',
      'orders _OTHER  x',
      'orders _OTHER 200 ',
      'orders _OTHER 599 599',
    ]);
  });
});
