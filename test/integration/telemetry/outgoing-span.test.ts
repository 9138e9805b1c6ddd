import * as api from '@opentelemetry/api';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { afterEach, expect, test } from 'vitest';
import { OutgoingSpan, type SpanCommons, spanCommons } from '../../../src/telemetry/otlp-spans.ts';
import type { ServerSpan } from '../../../src/telemetry/server-span.ts';
import { type SpanRecord, summaryOf } from '../../../src/telemetry/span-record.ts';
import { clientSpan, serverSpan } from '../../support/spans.ts';

type SpanProcessor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number];
type ReadableSpan = Parameters<SpanProcessor['onEnd']>[0];

const ended: ReadableSpan[] = [];
const processor: SpanProcessor = {
  onStart: () => undefined,
  onEnd: (span) => void ended.push(span),
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
let sdk: NodeSDK | undefined;
let ids: readonly [traceId: string, spanId: string] = ['', ''];
const limits = ['OTEL_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT'] as const;

afterEach(async () => {
  await sdk?.shutdown();
  sdk = undefined;
  api.trace.disable();
  for (const name of limits) delete process.env[name];
  ended.length = 0;
});

function start(): api.Tracer {
  sdk = new NodeSDK({
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    resourceDetectors: [],
    idGenerator: { generateTraceId: () => ids[0], generateSpanId: () => ids[1] },
  });
  sdk.start();
  return api.trace.getTracer('pilotfish', '1.2.3');
}

const times = { startMs: 1_795_000_000_123.25, endMs: 1_795_000_001_999.75 };
const well: ServerSpan = { ...serverSpan(1), ...times };
const record: ServerSpan = {
  ...well,
  parentSpanId: 'b7ad6b7169203331',
  parentIsRemote: true,
  traceState: 'vendor=x,other=y',
  facts: { ...well.facts, path: `/${'a'.repeat(50)}`, status: 503, errorType: 'no_healthy_endpoint' },
};

/** The SDK's own span with what `span` says. */
function own(tracer: api.Tracer, span: SpanRecord): ReadableSpan {
  ids = [span.traceId, span.spanId];
  const { name, attributes, failed } = summaryOf(span);
  const kind = span.kind === 'server' ? api.SpanKind.SERVER : api.SpanKind.CLIENT;
  const traceState = span.traceState === undefined ? {} : { traceState: api.createTraceState(span.traceState) };
  const parent =
    span.parentSpanId === undefined
      ? api.ROOT_CONTEXT
      : api.trace.setSpanContext(api.ROOT_CONTEXT, {
          traceId: span.traceId,
          spanId: span.parentSpanId,
          traceFlags: api.TraceFlags.SAMPLED,
          isRemote: span.parentIsRemote,
          ...traceState,
        });
  const options = { kind, startTime: new Date(span.startMs), attributes: { ...attributes } };
  const started = tracer.startSpan(name, options, parent);
  if (failed) started.setStatus({ code: api.SpanStatusCode.ERROR });
  started.end(new Date(span.endMs));
  return ended.at(-1) as ReadableSpan;
}

/** All that an exporter reads, but the times. */
function readings(span: ReadableSpan | OutgoingSpan): unknown {
  const { name, kind, attributes, status, links, events, droppedAttributesCount, resource } = span;
  const { droppedEventsCount, droppedLinksCount, instrumentationScope } = span;
  const { traceState, ...context } = span.spanContext();
  const { traceState: parentState, ...parent } = span.parentSpanContext ?? {};
  return {
    ...{ name, kind, attributes, status, links, events, ended: span.ended, resource, instrumentationScope },
    ...{ droppedAttributesCount, droppedEventsCount, droppedLinksCount, context, parent },
    states: [traceState?.serialize(), parentState?.serialize()],
  };
}

const commonsOf = (tracer: api.Tracer) => spanCommons(api, tracer) as SpanCommons;

test.each([
  ['a failed span below a remote one', record],
  ['the first of a trace', well],
  ['an attempt', { ...clientSpan(1), ...times }],
] as const)("%s says what the SDK's own span would", (_, span) => {
  const tracer = start();
  const sent = new OutgoingSpan(span, commonsOf(tracer));
  expect(readings(sent)).toEqual(readings(own(tracer, span)));
  expect(sent.startTime).toEqual([1_795_000_000, 123_250_000]);
  expect(sent.endTime).toEqual([1_795_000_001, 999_750_000]);
  expect(sent.duration).toEqual([1, 876_500_000]);
});

test.each([
  ['OTEL_ATTRIBUTE_COUNT_LIMIT', '2', 8],
  ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', '5', 0],
] as const)("%s does to it what it does to the SDK's own span", (name, value, dropped) => {
  process.env[name] = value;
  const tracer = start();
  const sent = new OutgoingSpan(record, commonsOf(tracer));
  expect(sent.attributes).toEqual(own(tracer, record).attributes);
  expect(sent.attributes).not.toEqual(summaryOf(record).attributes);
  expect(sent.droppedAttributesCount).toBe(dropped);
});

test('a span that was sent knows its record no longer', () => {
  const sent = new OutgoingSpan(record, commonsOf(start()));
  sent.forget();
  const { spanId, traceId } = sent.spanContext();
  expect([sent.attributes['url.path'], sent.parentSpanContext, spanId, traceId]).toEqual([
    undefined,
    undefined,
    '0'.repeat(16),
    '0'.repeat(32),
  ]);
});

test('without an exporter there is nothing that spans have in common', () => {
  expect(spanCommons(api, api.trace.getTracer('pilotfish'))).toBeUndefined();
});
