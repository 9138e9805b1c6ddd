import { expect, test } from 'vitest';
import { RequestRecorder } from '../../../src/app/request-recorder.ts';
import { METHODS, Method } from '../../../src/http1/method.ts';
import type { RequestRecord } from '../../../src/proxy/recorder.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { upstream as upstreamOf } from '../../support/upstream-parts.ts';

const upstream = upstreamOf({}, { key: 'orders' });

function ended(method: string, status: number): RequestRecord {
  const known = METHODS.indexOf(method);
  return {
    method,
    methodIndex: known < 0 ? Method.OTHER : known,
    path: '/',
    upstream,
    endpoint: undefined,
    status,
    error: undefined,
    reason: undefined,
    durationMs: 20,
    resends: 0,
    bytesIn: 0,
    bytesOut: 0,
    remoteAddress: '',
    traceId: undefined,
    spanId: undefined,
    minorVersion: 1,
    isHttp2: false,
  };
}

test('exchanges count by method, status and error, for the caller and for the attempt, together with those that are told alone', () => {
  const metrics = pilotfishMetrics(new Registry());
  const recorder = new RequestRecorder(metrics).bind(upstream);
  const exchanges = [
    ...Array.from({ length: 40 }, () => ended('GET', 200)),
    ended('GET', 404),
    ended('POST', 200),
    ended('GET', 503),
    ended('PURGE', 200),
    ended('BREW', 200),
    ...Array.from({ length: 3 }, () => ended('GET', 200)),
  ];
  for (const exchange of exchanges) recorder.exchangeEnded(exchange);
  recorder.requestEnded(ended('GET', 200));
  for (const [family, more] of [
    [metrics.serverDuration, 1],
    [metrics.clientDuration, 0],
  ] as const) {
    const counts = Array.from(family.list(), ({ values, series }) => [...values, series.read().count].join(' '));
    expect(counts.sort()).toEqual([
      `orders GET 200  ${43 + more}`,
      'orders GET 404  1',
      'orders GET 503 503 1',
      'orders POST 200  1',
      'orders _OTHER 200  2',
    ]);
  }
});
