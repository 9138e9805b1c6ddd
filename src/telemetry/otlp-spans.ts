import type * as Api from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { MAX_ATTRIBUTE_TEXT, type SpanAttributes, type SpanRecord } from './span-record.ts';

/** What the SDK calls for each span that has ended. */
export type SpanProcessor = NonNullable<NodeSDKConfiguration['spanProcessors']>[number];
type ReadableSpan = Parameters<SpanProcessor['onEnd']>[0];

/** The name of what measured; OpenTelemetry's instrumentation scope. */
export const SCOPE_NAME = 'pilotfish';

/** No span of ours has more attributes. */
const MOST_ATTRIBUTES = 16;

const noLinks: ReadableSpan['links'] = [];
const noEvents: ReadableSpan['events'] = [];

/** What the `OTEL_…_LIMIT` variables leave of a span's attributes. */
interface AttributeLimits {
  readonly count: number;
  /** Characters of a text. */
  readonly text: number;
}

/** What all spans of a process have in common, as the SDK is configured. */
export interface SpanCommons {
  readonly api: typeof Api;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  /** Undefined: none that a span of ours could reach. */
  readonly limits: AttributeLimits | undefined;
}

/**
 * Finds out what the SDK makes of a span, by starting one that will not end: its resource, its scope and what is left of
 * its attributes. Undefined: `tracer` makes no spans, as no exporter was set up.
 */
export function spanCommons(api: typeof Api, tracer: Api.Tracer): SpanCommons | undefined {
  const text = 'x'.repeat(MAX_ATTRIBUTE_TEXT);
  const attributes = Object.fromEntries(Array.from({ length: MOST_ATTRIBUTES }, (_, index) => [`a${index}`, text]));
  const probe: Partial<ReadableSpan> = tracer.startSpan('probe', { attributes }, api.ROOT_CONTEXT);
  const { resource, instrumentationScope } = probe;
  if (resource === undefined || instrumentationScope === undefined) return undefined;
  const kept = Object.values(probe.attributes ?? {});
  const limits = { count: kept.length, text: String(kept[0] ?? text).length };
  const isLimited = limits.count < MOST_ATTRIBUTES || limits.text < MAX_ATTRIBUTE_TEXT;
  return { api, resource, instrumentationScope, limits: isLimited ? limits : undefined };
}

/**
 * A finished span as the SDK's processors and exporters read one. A span of the SDK's own that is started and ended after
 * the fact checks its attributes twice and asks for the time it is given; this is made of a record when its batch leaves.
 */
export class OutgoingSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: Api.SpanKind;
  readonly parentSpanContext?: Api.SpanContext;
  readonly startTime: Api.HrTime;
  readonly endTime: Api.HrTime;
  readonly status: Api.SpanStatus;
  readonly attributes: SpanAttributes;
  readonly droppedAttributesCount: number;
  readonly links: ReadableSpan['links'] = noLinks;
  readonly droppedLinksCount: 0 = 0 as const;
  readonly events: ReadableSpan['events'] = noEvents;
  readonly droppedEventsCount: 0 = 0 as const;
  readonly ended: true = true as const;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly #record: SpanRecord;
  readonly #api: typeof Api;

  constructor(record: SpanRecord, { api, resource, instrumentationScope, limits }: SpanCommons) {
    this.#record = record;
    this.#api = api;
    this.name = record.name;
    this.kind = record.kind === 'server' ? api.SpanKind.SERVER : api.SpanKind.CLIENT;
    const { parentSpanId, parentIsRemote } = record;
    if (parentSpanId !== undefined)
      this.parentSpanContext = { ...this.#context(parentSpanId), isRemote: parentIsRemote };
    this.startTime = hrTime(record.startMs);
    this.endTime = hrTime(record.endMs);
    this.status = { code: record.failed ? api.SpanStatusCode.ERROR : api.SpanStatusCode.UNSET };
    const { attributes } = record;
    this.attributes = limits === undefined ? attributes : limited(attributes, limits);
    this.droppedAttributesCount =
      limits === undefined ? 0 : Object.keys(attributes).length - Object.keys(this.attributes).length;
    this.resource = resource;
    this.instrumentationScope = instrumentationScope;
  }

  get duration(): Api.HrTime {
    return hrTime(this.#record.endMs - this.#record.startMs);
  }

  spanContext(): Api.SpanContext {
    return this.#context(this.#record.spanId);
  }

  #context(spanId: string): Api.SpanContext {
    const { TraceFlags, createTraceState } = this.#api;
    const { traceId, traceState } = this.#record;
    const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
    return traceState === undefined ? context : { ...context, traceState: createTraceState(traceState) };
  }
}

function limited(attributes: SpanAttributes, { count, text }: AttributeLimits): SpanAttributes {
  const kept = Object.entries(attributes).slice(0, count);
  return Object.fromEntries(
    kept.map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, text) : value]),
  );
}

/** Milliseconds as OpenTelemetry's [seconds, nanoseconds]. */
export function hrTime(ms: number): Api.HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))];
}
