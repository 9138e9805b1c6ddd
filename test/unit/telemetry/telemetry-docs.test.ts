import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { AccessLog } from '../../../src/telemetry/access-log.ts';
import { logLevels } from '../../../src/telemetry/log-line.ts';
import { Logger } from '../../../src/telemetry/logger.ts';
import { samplerFromEnvironment, spanQueueSettings } from '../../../src/telemetry/otel-environment.ts';
import { secretEnds } from '../../../src/telemetry/redact.ts';
import { SampledTrace } from '../../../src/telemetry/sampled-trace.ts';
import { type SpanRecord, summaryOf } from '../../../src/telemetry/span-record.ts';
import { TraceDecider } from '../../../src/telemetry/trace-decision.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const traces = readFileSync('docs/traces.md', 'utf8');
const logs = readFileSync('docs/logs.md', 'utf8');

/** Two attempts that fail, and everything said that can be said. */
function fullSpans(): readonly SpanRecord[] {
  const spans: SpanRecord[] = [];
  const decider = new TraceDecider({
    random: seededRandom(1),
    clock: new FakeClock(),
    ratio: 1,
    sink: (span) => void spans.push(span),
  });
  const decision = decider.decide(undefined, undefined);
  if (!(decision instanceof SampledTrace)) throw new Error('not sampled at ratio 1');
  const target = { method: 'GET', upstream: 'orders', endpointId: 'orders-1', host: '10.0.0.1', port: 8000 };
  for (let attempt = 0; attempt < 2; attempt++) decision.startAttempt(target).end({ status: 503 });
  decision.end({
    method: 'GET',
    upstream: 'orders',
    path: '/',
    scheme: 'http',
    status: 503,
    errorType: 'destination_unavailable',
    clientAddress: '127.0.0.1',
    protocolVersion: '1.1',
  });
  return spans;
}

describe('docs/traces.md', () => {
  test.each(['server', 'client'] as const)('has a row for each attribute of a %s span, and no other', (kind) => {
    const rows = [...traces.matchAll(/^\| `([a-z_.]+)` \| (✓?) ?\| (✓?) ?\|/gm)];
    const documented = rows.filter(([, , server, client]) => (kind === 'server' ? server : client) === '✓');
    const spoken = new Set(
      fullSpans()
        .filter((span) => span.kind === kind)
        .flatMap((span) => Object.keys(summaryOf(span).attributes)),
    );
    expect(documented.map(([, name]) => name).sort()).toEqual([...spoken].sort());
  });

  test('says the defaults of the span queue', () => {
    const { maxQueued, maxBatch, delayMs, exportTimeoutMs } = spanQueueSettings({});
    expect(traces).toContain(`| \`OTEL_BSP_MAX_QUEUE_SIZE\` | ${maxQueued} |`);
    expect(traces).toContain(`| \`OTEL_BSP_MAX_EXPORT_BATCH_SIZE\` | ${maxBatch + 1} |`);
    expect(traces).toContain(`| \`OTEL_BSP_SCHEDULE_DELAY\` | ${delayMs} |`);
    expect(traces).toContain(`| \`OTEL_BSP_EXPORT_TIMEOUT\` | ${exportTimeoutMs} |`);
  });

  test('names samplers that exist', () => {
    for (const name of ['always_on', 'always_off', 'traceidratio']) {
      expect(traces).toContain(`\`${name}\``);
      expect(samplerFromEnvironment({ OTEL_TRACES_SAMPLER: name })).toBeDefined();
      expect(samplerFromEnvironment({ OTEL_TRACES_SAMPLER: `parentbased_${name}` })).toBeDefined();
    }
  });
});

describe('docs/logs.md', () => {
  test('names every field of an access log line', () => {
    const lines: string[] = [];
    const logger = new Logger({ writer: { dropped: 0, push: (line) => lines.push(line) > 0 }, clock: new FakeClock() });
    new AccessLog(logger, { mode: 'all', slowMs: 1 }).write({
      method: 'GET',
      path: '/',
      upstream: 'orders',
      status: 502,
      durationMs: 5,
      attempts: 1,
      endpoint: '10.0.0.1:80',
      errorType: 'connection_refused',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      requestBytes: 1,
      responseBytes: 1,
    });
    for (const name of Object.keys(JSON.parse(lines[0] as string)))
      expect(logs).toMatch(new RegExp(`^\\|.*\`${name}\``, 'm'));
  });

  test('names every level and every kind of secret', () => {
    for (const name of [...logLevels, ...secretEnds]) expect(logs).toContain(`\`${name}\``);
  });
});
