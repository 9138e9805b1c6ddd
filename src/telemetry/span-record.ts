import { type ClientSpan, clientSummary } from './client-span.ts';
import { type ServerSpan, serverSummary } from './server-span.ts';
import type { SpanSummary } from './span-frame.ts';

/** A finished span as plain values: made only for sampled requests, handed to a {@link SpanSink}. */
export type SpanRecord = ServerSpan | ClientSpan;

/** Takes finished spans: the OTLP queue, a test. Must return quickly and never throw. */
export type SpanSink = (span: SpanRecord) => void;

/** What a span says about itself; a new object with every call. */
export function summaryOf(span: SpanRecord): SpanSummary {
  return span.kind === 'server' ? serverSummary(span.facts, span.attempts) : clientSummary(span.facts);
}
