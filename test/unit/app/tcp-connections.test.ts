import { describe, expect, it } from 'vitest';
import { logConnection } from '../../../src/app/log-requests.ts';
import { RequestRecorder } from '../../../src/app/request-recorder.ts';
import type { ConnectionRecord } from '../../../src/proxy/recorder.ts';
import { AccessLog } from '../../../src/telemetry/access-log.ts';
import { Logger } from '../../../src/telemetry/logger.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { staticEndpoints } from '../../../src/upstream/static-endpoints.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { upstream as upstreamOf } from '../../support/upstream-parts.ts';

const upstream = upstreamOf({}, { key: 'db' });
const ended: ConnectionRecord = {
  upstream,
  endpoint: staticEndpoints(['10.0.0.1:5432'])[0],
  error: undefined,
  durationMs: 90_000.1234,
  attempts: 1,
  bytesIn: 7,
  bytesOut: 9,
  remoteAddress: '127.0.0.1',
};
const broken: ConnectionRecord = { ...ended, error: 'answer_truncated' };

describe('a TCP connection that has ended', () => {
  it('is counted and measured by upstream and error', () => {
    const registry = new Registry();
    const recorder = new RequestRecorder(pilotfishMetrics(registry)).bind(upstream);
    recorder.connectionEnded(ended);
    recorder.connectionEnded(broken);
    const text = prometheusText(registry, { format: 'prometheus', resource: new Map() });
    expect(text).toContain('pilotfish_tcp_connection_duration_seconds_count{upstream="db"} 1');
    expect(text).toContain('pilotfish_tcp_connection_duration_seconds_bucket{upstream="db",le="60"} 0');
    expect(text).toContain('pilotfish_tcp_connection_duration_seconds_bucket{upstream="db",le="600"} 1');
    expect(text).toContain('count{upstream="db",error_type="answer_truncated"} 1');
  });

  const lines = (mode: 'off' | 'errors' | 'all', record: ConnectionRecord): readonly object[] => {
    const written: string[] = [];
    const logger = new Logger({
      writer: { dropped: 0, push: (line) => written.push(line) > 0 },
      clock: new FakeClock(),
    });
    logConnection(new AccessLog(logger, { mode, slowMs: 1 }), record);
    return written.map((line) => JSON.parse(line) as object);
  };

  it('has a line by the access log’s mode, and is never slow', () => {
    expect(lines('off', broken)).toEqual([]);
    expect(lines('errors', ended)).toEqual([]);
    expect(lines('errors', broken)).toMatchObject([{ level: 'warn', msg: 'connection', error: 'answer_truncated' }]);
    expect(lines('all', ended)).toMatchObject([
      {
        level: 'info',
        msg: 'connection',
        upstream: 'db',
        endpoint: '10.0.0.1:5432',
        attempts: 1,
        durationMs: 90_000.123,
        receivedBytes: 7,
        sentBytes: 9,
      },
    ]);
  });
});
