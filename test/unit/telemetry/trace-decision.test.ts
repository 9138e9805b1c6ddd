import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { SampledTrace } from '../../../src/telemetry/sampled-trace.ts';
import type { SpanFrame, SpanSummary } from '../../../src/telemetry/span-frame.ts';
import { type SpanRecord, summaryOf } from '../../../src/telemetry/span-record.ts';
import { traceIdIn, traceparentFlags } from '../../../src/telemetry/trace-context.ts';
import { TraceDecider, type TraceDeciderOptions, type TraceDecision } from '../../../src/telemetry/trace-decision.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const sampledParent = `00-${trace}-${span}-01`;
const unsampledParent = `00-${trace}-${span}-00`;

/** A span, and what it says about itself. */
interface Told extends SpanFrame, SpanSummary {
  readonly kind: SpanRecord['kind'];
}

function deciding(options: Partial<TraceDeciderOptions> = {}): {
  decider: TraceDecider;
  spans: Told[];
  clock: FakeClock;
} {
  const spans: Told[] = [];
  const clock = new FakeClock();
  const sink = (record: SpanRecord) => void spans.push({ ...record, ...summaryOf(record) });
  return { decider: new TraceDecider({ random: seededRandom(1), clock, sink, ...options }), spans, clock };
}

function isSampled(decision: TraceDecision): boolean {
  return decision instanceof SampledTrace;
}

function sampled(decision: TraceDecision): SampledTrace {
  expect(decision).toBeInstanceOf(SampledTrace);
  return decision as SampledTrace;
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

describe('the decision', () => {
  test('a caller that sampled is followed, whatever the ratio', () => {
    const { decider } = deciding({ ratio: 0 });
    expect(sampled(decider.decide(sampledParent, undefined)).traceId).toBe(trace);
  });

  test('a caller that did not sample is followed, and its fields pass through untouched', () => {
    const { decider } = deciding({ ratio: 1 });
    expect(decider.decide(unsampledParent, 'a=b')).toBeUndefined();
  });

  test('of 20,000 requests without a parent 0.8 to 1.2 % are sampled at ratio 0.01', () => {
    const { decider } = deciding({ ratio: 0.01 });
    let count = 0;
    for (let request = 0; request < 20_000; request++) if (isSampled(decider.decide(undefined, undefined))) count += 1;
    expect(count).toBeGreaterThanOrEqual(160);
    expect(count).toBeLessThanOrEqual(240);
  });

  test('a request without a context that is not sampled gets a fresh one that says so', () => {
    const { decider } = deciding({ ratio: 0 });
    const seen = new Set<string>();
    for (let request = 0; request < 200; request++) {
      const decision = decider.decide(undefined, undefined);
      expect(isSampled(decision)).toBe(false);
      const [, value = ''] = /^traceparent: (.*)\r\n$/.exec(String(decision)) ?? [];
      expect(traceparentFlags(value)).toBe(0);
      seen.add(value);
    }
    expect(seen.size).toBe(200);
  });

  test('with tracing off nothing is sampled and nothing is changed', () => {
    const { decider } = deciding({ ratio: 1, sink: undefined });
    expect(decider.decide(sampledParent, undefined)).toBeUndefined();
    expect(decider.decide(undefined, undefined)).toBeUndefined();
  });

  test('a ratio that does not follow parents decides alike in every process, by the trace id', () => {
    const low = `00-${'1'.repeat(18)}${'0'.repeat(14)}-${span}-01`;
    const high = `00-${'1'.repeat(18)}${'f'.repeat(14)}-${span}-01`;
    const { decider } = deciding({ ratio: 0.5, parentBased: false });
    expect(isSampled(decider.decide(low, undefined))).toBe(true);
    expect(decider.decide(high, undefined)).toBe(`traceparent: ${high.replace(/01$/, '00')}\r\n`);
  });

  test.each([
    '',
    'x',
    sampledParent.toUpperCase(),
    sampledParent.replace('00-', 'ff-'),
    `${sampledParent}-extra`,
    sampledParent.slice(0, -1),
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    sampledParent.replace('-01', '-0g'),
    `${sampledParent},${sampledParent}`,
    sampledParent.replaceAll('-', '_'),
  ])('a malformed traceparent %j counts as absent', (header) => {
    const { decider } = deciding({ ratio: 1 });
    const decision = sampled(decider.decide(header, 'a=b'));
    expect(decision.traceId).not.toBe(trace);
    expect(decision.startAttempt(target).fields).toHaveLength(1);
    expect(traceIdIn(header)).toBeUndefined();
  });

  test('a later version with more behind it is understood', () => {
    const { decider } = deciding({ ratio: 0 });
    expect(isSampled(decider.decide(`01-${trace}-${span}-01-more`, undefined))).toBe(true);
  });
});

describe('B3', () => {
  test.each([
    [`${trace}-${span}-1`, true],
    [`${trace}-${span}-d`, true],
    [`${trace}-${span}-1-${span}`, true],
    [`${trace}-${span}-0`, false],
    ['0', false],
    ['1', true],
    ['d', true],
  ])('the single field %j is followed', (b3, expected) => {
    expect(isSampled(deciding({ ratio: 0.5 }).decider.decide(undefined, undefined, b3))).toBe(expected);
  });

  test.each(['x', '11', `${trace}-${span}-2`, `${trace}-${span}-1-zz`, `${trace}-1`, `${trace}-${span}-1-${span}-1`])(
    'the malformed single field %j counts as absent',
    (b3) => {
      const decision = sampled(deciding({ ratio: 1 }).decider.decide(undefined, undefined, b3));
      expect(decision.traceId).not.toBe(trace);
    },
  );

  test('a caller that spoke B3 is answered in its form, beside traceparent, with a widened trace id', () => {
    const { decider } = deciding({ ratio: 0 });
    const root = sampled(decider.decide(undefined, undefined, `${span}-${span}-1`));
    const attempt = root.startAttempt(target);
    const wide = `${'0'.repeat(16)}${span}`;
    expect(attempt.fields).toEqual([
      ['traceparent', `00-${wide}-${attempt.spanId}-01`],
      ['b3', `${wide}-${attempt.spanId}-1-${root.spanId}`],
    ]);
  });

  test('the older fields are read and written', () => {
    const { decider } = deciding({ ratio: 0 });
    const fields = { traceId: trace, spanId: span, sampled: '1', flags: undefined };
    const root = sampled(decider.decide(undefined, undefined, undefined, fields));
    const attempt = root.startAttempt(target);
    expect(attempt.fields.slice(1)).toEqual([
      ['X-B3-TraceId', trace],
      ['X-B3-SpanId', attempt.spanId],
      ['X-B3-Sampled', '1'],
      ['X-B3-ParentSpanId', root.spanId],
    ]);
    expect(isSampled(decider.decide(undefined, undefined, undefined, { ...fields, sampled: '0' }))).toBe(false);
    expect(isSampled(decider.decide(undefined, undefined, undefined, { ...fields, sampled: '0', flags: '1' }))).toBe(
      true,
    );
    expect(isSampled(decider.decide(undefined, undefined, undefined, { ...fields, sampled: 'maybe' }))).toBe(false);
  });

  test('a decision left to us is told in both forms', () => {
    const { decider } = deciding({ ratio: 0 });
    expect(decider.decide(undefined, undefined, `${trace}-${span}`)).toBe(
      `traceparent: ${unsampledParent}\r\nb3: ${trace}-${span}-0\r\n`,
    );
  });

  test('traceparent goes before B3', () => {
    const { decider } = deciding({ ratio: 0 });
    expect(isSampled(decider.decide(unsampledParent, undefined, `${trace}-${span}-1`))).toBe(false);
  });
});

describe('spans', () => {
  test('a request with a retry is a server span with two client spans below it', async () => {
    const { decider, spans, clock } = deciding({ ratio: 0 });
    const root = sampled(decider.decide(sampledParent, 'vendor=x'));
    await clock.advance(1);
    const first = root.startAttempt(target);
    await clock.advance(2);
    first.end({ errorType: 'connection_refused' });
    const second = root.startAttempt({ ...target, endpointId: 'orders-2', host: '10.0.0.2' });
    await clock.advance(4);
    second.end({ status: 200 });
    second.end({ status: 500 });
    root.end(facts);
    root.end(facts);
    expect(spans).toHaveLength(3);
    const [one, two, server] = spans as [Told, Told, Told];
    expect(server).toMatchObject({
      traceId: trace,
      parentSpanId: span,
      parentIsRemote: true,
      traceState: 'vendor=x',
      kind: 'server',
      name: 'GET /orders/*',
      failed: false,
      attributes: { 'http.route': '/orders/*', 'url.path': '/api/42', 'pilotfish.attempts': 2 },
    });
    expect(server.endMs - server.startMs).toBe(7);
    expect(one).toMatchObject({
      kind: 'client',
      name: 'GET',
      parentSpanId: server.spanId,
      failed: true,
      attributes: { 'error.type': 'connection_refused', 'server.address': '10.0.0.1' },
    });
    expect(one.attributes).not.toHaveProperty('http.request.resend_count');
    expect(two).toMatchObject({
      parentSpanId: server.spanId,
      failed: false,
      attributes: { 'http.request.resend_count': 1, 'http.response.status_code': 200 },
    });
    expect(first.fields).toEqual([
      ['traceparent', `00-${trace}-${one.spanId}-01`],
      ['tracestate', 'vendor=x'],
    ]);
    expect(one.startMs).toBeGreaterThanOrEqual(server.startMs);
    expect(two.endMs).toBeLessThanOrEqual(server.endMs);
  });

  test('a 404 fails the client span and not the server span; a 500 fails both', () => {
    const { decider, spans } = deciding({ ratio: 1 });
    for (const status of [404, 500]) {
      const root = sampled(decider.decide(undefined, undefined));
      root.startAttempt(target).end({ status });
      root.end({ ...facts, status });
    }
    expect(spans.map(({ kind, failed }) => [kind, failed])).toEqual([
      ['client', true],
      ['server', false],
      ['client', true],
      ['server', true],
    ]);
    expect(spans[3]?.attributes['error.type']).toBe('500');
  });

  test('an attempt that nobody ended is ended with its request', () => {
    const { decider, spans } = deciding({ ratio: 1 });
    const root = sampled(decider.decide(undefined, undefined));
    root.startAttempt(target);
    root.end({ ...facts, status: undefined, errorType: 'cancelled' });
    expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual(['abandoned', 'cancelled']);
  });

  test('what a caller made up is bounded: method and path', () => {
    const { decider, spans } = deciding({ ratio: 1 });
    const root = sampled(decider.decide(undefined, undefined));
    root.end({ ...facts, method: 'BREW', upstream: undefined, path: `/${'x'.repeat(5000)}` });
    expect(spans[0]).toMatchObject({ name: 'HTTP', attributes: { 'http.request.method': '_OTHER' } });
    expect(spans[0]?.attributes['url.path']).toBe(`/${'x'.repeat(1023)}`);
  });

  test.each([
    ['a=b', 'a=b'],
    ['a=b,tenant@vendor=c d', 'a=b,tenant@vendor=c d'],
    ['a=b, ,c=d', 'a=b, ,c=d'],
    ['a=b,a=c', undefined],
    ['A=b', undefined],
    ['a', undefined],
    ['a=b\r\nX: y', undefined],
    ['a=ü', undefined],
    [`a=${'b'.repeat(600)}`, undefined],
    [Array.from({ length: 33 }, (_, index) => `k${index}=v`).join(','), undefined],
    ['', undefined],
  ])('tracestate %j is sent on as %j', (tracestate, expected) => {
    const { decider } = deciding();
    const { fields } = sampled(decider.decide(sampledParent, tracestate)).startAttempt(target);
    expect(fields.find(([name]) => name === 'tracestate')?.[1]).toBe(expected);
  });

  test('the random flag of level 2 is kept, unknown flags are not', () => {
    const { decider } = deciding();
    const attempt = sampled(decider.decide(`00-${trace}-${span}-ff`, undefined)).startAttempt(target);
    expect(attempt.fields[0]?.[1]).toBe(`00-${trace}-${attempt.spanId}-03`);
  });
});
