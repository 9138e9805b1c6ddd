import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';
import { seededRandom, systemRandom } from '../../../src/runtime/random.ts';
import type { AttemptSpan } from '../../../src/telemetry/attempt-span.ts';
import { type OtlpExport, startOtlpExport } from '../../../src/telemetry/otlp-export.ts';
import { type PilotfishMetrics, pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { RequestSeries } from '../../../src/telemetry/request-series.ts';
import { SampledTrace } from '../../../src/telemetry/sampled-trace.ts';
import type { SpanSink } from '../../../src/telemetry/span-record.ts';
import { TraceDecider } from '../../../src/telemetry/trace-decision.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';

let receiver: OtlpReceiver;
let registry: Registry;
let metrics: PilotfishMetrics;
let otlp: OtlpExport | undefined;
let problems: string[];
const added: string[] = [];

function setEnv(name: string, value: string): void {
  process.env[name] = value;
  added.push(name);
}

async function start(signals = { traces: true, metrics: true }): Promise<OtlpExport> {
  otlp = await startOtlpExport({
    signals,
    registry,
    metrics,
    resource: new Map([
      ['service.name', 'orders'],
      ['service.instance.id', 'one'],
    ]),
    version: '1.2.3',
    clock: systemClock,
    env: process.env,
    onProblem: (message) => problems.push(message),
  });
  return otlp;
}

beforeEach(async () => {
  receiver = await OtlpReceiver.start();
  registry = new Registry();
  metrics = pilotfishMetrics(registry);
  problems = [];
  setEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.endpoint);
  setEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
  setEnv('OTEL_METRIC_EXPORT_INTERVAL', '3600000');
});

afterEach(async () => {
  await otlp?.close(5000);
  otlp = undefined;
  for (const name of added.splice(0)) delete process.env[name];
  await receiver[Symbol.asyncDispose]();
});

function sidecar(sink: SpanSink | undefined, ratio: number): TraceDecider {
  return new TraceDecider({ random: systemRandom, clock: systemClock, sink, ratio });
}

/** What the proxy does with a sampled request, up to the first answer. */
function arrive(decider: TraceDecider, traceparent: string | undefined, tracestate?: string): SampledTrace {
  const decision = decider.decide(traceparent, tracestate);
  if (!(decision instanceof SampledTrace)) throw new Error('not sampled');
  return decision;
}

const target = { method: 'GET', upstream: 'orders', endpointId: 'orders-1', host: '10.0.0.1', port: 8000 };
const facts = {
  method: 'GET',
  upstream: 'orders',
  path: '/api/42',
  scheme: 'http',
  status: 200,
  errorType: undefined,
  clientAddress: '127.0.0.1',
  protocolVersion: '1.1',
} as const;
const fieldOf = (attempt: AttemptSpan, name: string) => attempt.fields.find(([key]) => key === name)?.[1];

describe('traces by OTLP', () => {
  test('a request with a retry through two sidecars is one tree at the collector', async () => {
    const open = await start({ traces: true, metrics: false });
    const { sink } = open;
    const outer = arrive(sidecar(sink, 1), undefined);
    const refused = outer.startAttempt(target);
    refused.end({ errorType: 'connection_refused' });
    const second = outer.startAttempt({ ...target, endpointId: 'orders-2' });
    const inner = arrive(sidecar(sink, 0), fieldOf(second, 'traceparent'));
    const local = inner.startAttempt(target);
    local.end({ status: 200 });
    inner.end(facts);
    second.end({ status: 200 });
    outer.end(facts);
    await receiver.until(() => receiver.spans.length >= 5);
    await open.close(5000);
    const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
    const parentOf = (spanId: string) => byId.get(byId.get(spanId)?.parentSpanId ?? '')?.spanId;
    expect(new Set(receiver.spans.map(({ traceId }) => traceId))).toEqual(new Set([outer.traceId]));
    expect(byId.get(outer.spanId)).toMatchObject({ parentSpanId: '', kind: 2, name: 'GET /orders/*', status: 0 });
    expect(parentOf(refused.spanId)).toBe(outer.spanId);
    expect(parentOf(second.spanId)).toBe(outer.spanId);
    expect(parentOf(inner.spanId)).toBe(second.spanId);
    expect(parentOf(local.spanId)).toBe(inner.spanId);
    expect(byId.get(refused.spanId)).toMatchObject({
      kind: 3,
      status: 2,
      attributes: { 'error.type': 'connection_refused' },
    });
    expect(byId.get(second.spanId)?.attributes).toMatchObject({
      'http.request.resend_count': 1,
      'http.response.status_code': 200,
      'server.address': '10.0.0.1',
      'server.port': 8000,
    });
    for (const span of receiver.spans) {
      const parent = byId.get(span.parentSpanId);
      expect(span.endNs).toBeGreaterThanOrEqual(span.startNs);
      expect(span.resource).toMatchObject({ 'service.name': 'orders', 'service.instance.id': 'one' });
      if (parent === undefined) continue;
      expect(span.startNs).toBeGreaterThanOrEqual(parent.startNs - 2_000_000n);
      expect(span.endNs).toBeLessThanOrEqual(parent.endNs + 2_000_000n);
    }
    expect(receiver.spans).toHaveLength(5);
    expect(metrics.spans.bind('exported').value).toBe(5);
  });

  test('a remote parent, its tracestate and the headers of the environment arrive', async () => {
    setEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=acme');
    const { sink } = await start({ traces: true, metrics: false });
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    arrive(sidecar(sink, 0), parent, 'vendor=x').end(facts);
    await receiver.until(() => receiver.spans.length === 1);
    expect(receiver.spans[0]).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'vendor=x',
    });
    expect(receiver.headers[0]).toMatchObject({ 'x-tenant': 'acme', 'content-type': 'application/x-protobuf' });
  });

  test('what waits at the end is sent before closing', async () => {
    setEnv('OTEL_BSP_SCHEDULE_DELAY', '3600000');
    const open = await start({ traces: true, metrics: false });
    const decider = sidecar(open.sink, 1);
    for (let request = 0; request < 1300; request++) arrive(decider, undefined).end(facts);
    await open.close(5000);
    expect(receiver.spans).toHaveLength(1300);
    expect(metrics.spans.bind('exported').value).toBe(1300);
  });

  test('a collector that refuses costs the spans, counted, and closing does not wait for it', async () => {
    receiver.status = 400;
    const open = await start({ traces: true, metrics: false });
    arrive(sidecar(open.sink, 1), undefined).end(facts);
    await receiver.until(() => receiver.headers.length > 0);
    await open.close(2000);
    expect(metrics.spans.bind('failed').value).toBe(1);
    expect(metrics.spans.bind('exported').value).toBe(0);
    expect(problems).toEqual([
      expect.stringMatching(/^spans are lost until the collector takes them again: .*\b400\b/),
    ]);
  });

  test('an outage of the collector is told once, and the next one again', async () => {
    const open = await start({ traces: true, metrics: false });
    const decider = sidecar(open.sink, 1);
    const { failed, exported } = { failed: metrics.spans.bind('failed'), exported: metrics.spans.bind('exported') };
    for (const [status, outcome] of [
      [400, failed],
      [400, failed],
      [200, exported],
      [400, failed],
    ] as const) {
      receiver.status = status;
      const before = outcome.value;
      arrive(decider, undefined).end(facts);
      await vi.waitFor(() => expect(outcome.value).toBe(before + 1));
    }
    expect(problems.filter((problem) => problem.startsWith('spans are lost'))).toHaveLength(2);
  });

  test('a collector that never answers fills the queue to its limit and no further, and what does not fit is counted', async () => {
    setEnv('OTEL_BSP_MAX_QUEUE_SIZE', '100');
    setEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '10');
    receiver.status = 0;
    const open = await start({ traces: true, metrics: false });
    const decider = sidecar(open.sink, 1);
    for (let request = 0; request < 500; request++) arrive(decider, undefined).end(facts);
    expect(metrics.spans.bind('dropped').value).toBe(391);
    await open.close(50);
    expect(metrics.spans.bind('dropped').value).toBe(491);
    expect(metrics.spans.bind('exported').value).toBe(0);
    expect(receiver.spans).toHaveLength(0);
  });
});

describe('metrics by OTLP', () => {
  test('carry the numbers that Prometheus text shows, to the last one', async () => {
    const open = await start({ traces: false, metrics: true });
    expect(open.sink).toBeUndefined();
    const random = seededRandom(3);
    for (const upstream of ['orders', 'users']) {
      const series = new RequestSeries(metrics.serverDuration, upstream);
      for (let request = 0; request < 5000; request++) {
        series.of(random() < 0.8 ? 'GET' : 'POST', random() < 0.95 ? 200 : 503, '').record(random() ** 4 * 12);
        if (random() < 0.1) metrics.retries.bind(upstream, 'connect').add(1);
      }
      metrics.endpoints.bind(upstream, 'usable').set(3);
      metrics.serverActive.bind(upstream).add(2);
    }
    await open.close(5000);
    otlp = undefined;
    const text = prometheusText(registry, { format: 'prometheus', resource: new Map() });
    const points = receiver.exports.at(-1) ?? [];
    expect(points.length).toBeGreaterThan(8);
    for (const point of points) {
      const labels = Object.entries(point.attributes).map(([name, value]) => `${name.replaceAll('.', '_')}="${value}"`);
      const suffix = point.unit === 's' ? '_seconds' : '';
      const name = point.name.replaceAll('.', '_') + suffix;
      if (point.kind === 'histogram') {
        expect(text).toContain(`${name}_sum{${labels.join(',')}} ${point.value}\n`);
        expect(text).toContain(`${name}_count{${labels.join(',')}} ${point.count}\n`);
        let cumulative = 0;
        for (const [index, inside] of point.buckets.entries()) {
          cumulative += inside;
          const bound = point.bounds[index] ?? '+Inf';
          expect(text).toContain(`${name}_bucket{${labels.join(',')},le="${bound}"} ${cumulative}\n`);
        }
      } else {
        const total = point.isMonotonic ? '_total' : '';
        expect(text).toContain(`${name}${total}{${labels.join(',')}} ${point.value}\n`);
      }
      expect(point.resource).toMatchObject({ 'service.name': 'orders' });
      expect(point.startNs).toBeLessThanOrEqual(point.endNs);
    }
    expect(receiver.points('http.server.request.duration')[0]).toMatchObject({
      kind: 'histogram',
      temporality: 2,
      unit: 's',
    });
    expect(receiver.points('pilotfish.retries')[0]).toMatchObject({ kind: 'sum', isMonotonic: true, temporality: 2 });
    expect(receiver.points('pilotfish.upstream.endpoints')[0]).toMatchObject({ kind: 'gauge', value: 3 });
    expect(receiver.points('http.server.active_requests')[0]).toMatchObject({
      kind: 'sum',
      isMonotonic: false,
      value: 2,
    });
  });

  test('are differences when the environment prefers delta', async () => {
    setEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'delta');
    setEnv('OTEL_METRIC_EXPORT_INTERVAL', '40');
    const open = await start({ traces: false, metrics: true });
    const histogram = new RequestSeries(metrics.clientDuration, 'orders').of('GET', 200, '');
    let counted = 0;
    let summed = 0;
    for (let round = 1; round <= 4; round++) {
      metrics.retries.bind('orders', 'connect').add(round);
      histogram.record(round);
      counted += round;
      summed += round;
      const seen = receiver.exports.length;
      await receiver.until(() => receiver.exports.length >= seen + 2);
    }
    await open.close(5000);
    otlp = undefined;
    const all = receiver.exports.flat();
    const retries = all.filter(({ name }) => name === 'pilotfish.retries');
    expect(retries[0]).toMatchObject({ temporality: 1 });
    expect(retries.reduce((total, { value }) => total + value, 0)).toBe(counted);
    const durations = all.filter(({ name }) => name === 'http.client.request.duration');
    expect(durations.reduce((total, { value }) => total + value, 0)).toBeCloseTo(summed, 9);
    expect(durations.reduce((total, { count }) => total + count, 0)).toBe(4);
    for (const [index, point] of retries.entries()) {
      if (index > 0) expect(point.startNs).toBe(retries[index - 1]?.endNs);
    }
  });
});
