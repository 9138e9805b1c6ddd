import { describe, expect, test } from 'vitest';
import { LatencyWindow } from '../../../src/telemetry/latency.ts';
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

describe('a latency window', () => {
  test('sums all series of an upstream, and each look starts anew', () => {
    const { clientDuration } = pilotfishMetrics(new Registry());
    const window = new LatencyWindow(clientDuration, 'upstream', 'orders');
    const orders = new RequestSeries(clientDuration, 'orders');
    new RequestSeries(clientDuration, 'users').of('GET', 200, '').record(9);
    for (let index = 0; index < 98; index++) orders.of('GET', 200, '').record(0.01);
    orders.of('POST', 500, '').record(1);
    orders.of('POST', 500, '').record(1);
    const first = window.next();
    expect(first.count).toBe(100);
    expect(first.p50).toBeGreaterThan(0.0097);
    expect(first.p50).toBeLessThan(0.0103);
    expect(first.p99).toBeGreaterThan(0.97);
    expect(first.p99).toBeLessThan(1.07);
    orders.of('GET', 200, '').record(0.2);
    expect(window.next()).toMatchObject({ count: 1 });
    expect(window.next()).toEqual({ count: 0, p50: undefined, p90: undefined, p99: undefined });
  });

  test('survives that series disappear', () => {
    const registry = new Registry();
    const { clientDuration } = pilotfishMetrics(registry);
    const window = new LatencyWindow(clientDuration, 'upstream', 'orders');
    new RequestSeries(clientDuration, 'orders').of('GET', 200, '').record(0.1);
    window.next();
    registry.forget('upstream', 'orders');
    expect(window.next().count).toBe(0);
  });
});
