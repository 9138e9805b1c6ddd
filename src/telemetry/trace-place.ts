import { type B3Form, b3Fields } from './b3.ts';
import type { SpanSink } from './span-record.ts';
import { type TraceField, traceparentText } from './trace-context.ts';

/** Where a sampled request stands in its trace. */
export interface TracePlace {
  readonly traceId: string;
  /** The caller's span; undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly traceState: string | undefined;
  /** The trace id's random flag, kept (W3C Trace Context level 2). */
  readonly random: boolean;
  /** B3, when the caller spoke it or it is configured: sent beside `traceparent`. */
  readonly b3: B3Form | undefined;
}

/** What the traces of a process have in common. */
export interface TraceContextOptions {
  readonly nowMs: () => number;
  readonly nextSpanId: () => string;
  readonly sink: SpanSink;
}

/** The trace fields to send with an attempt: its client span is `spanId`, below the server span `parentSpanId`. */
export function traceFields(place: TracePlace, spanId: string, parentSpanId: string): readonly TraceField[] {
  const { traceId, traceState, random, b3 } = place;
  const context = { traceId, spanId, sampled: true, random };
  const fields: TraceField[] = [['traceparent', traceparentText(context)]];
  if (traceState !== undefined) fields.push(['tracestate', traceState]);
  if (b3 !== undefined) fields.push(...b3Fields(b3, context, parentSpanId));
  return fields;
}
