import type * as Api from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { MAX_ATTRIBUTE_TEXT, type SpanAttributes, type SpanSummary } from './span-frame.ts';
import { type SpanRecord, summaryOf } from './span-record.ts';

type ReadableSpan = Parameters<NonNullable<NodeSDKConfiguration['spanProcessors']>[number]['onEnd']>[0];

/** The name of what measured; OpenTelemetry's instrumentation scope. */
export const SCOPE_NAME = 'pilotfish';

/** No span of ours has more attributes. */
const MOST_ATTRIBUTES = 16;

const nothingSaid: SpanSummary = { name: '', attributes: {}, failed: false };
const noLinks: ReadableSpan['links'] = [];
const noEvents: ReadableSpan['events'] = [];

type SpanOrigin = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

/** What the `OTEL_…_LIMIT` variables leave of a span's attributes. */
interface AttributeLimits {
  readonly count: number;
  /** Characters of a text. */
  readonly text: number;
}

/** What all spans of a process have in common, as the SDK is configured. */
export class SpanCommons {
  readonly api: typeof Api;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  /** Undefined: none that a span of ours could reach. */
  readonly #limits: AttributeLimits | undefined;
  /** Whoever reads a span asks for one thing after the other. */
  #lastRead: SpanRecord | undefined;
  #summary: SpanSummary = nothingSaid;
  #dropped = 0;

  constructor(api: typeof Api, { resource, instrumentationScope }: SpanOrigin, limits: AttributeLimits | undefined) {
    this.api = api;
    this.resource = resource;
    this.instrumentationScope = instrumentationScope;
    this.#limits = limits;
  }

  /** What a span says about itself, its attributes within the limits. */
  summaryOf(record: SpanRecord): SpanSummary {
    if (record !== this.#lastRead) this.#read(record);
    return this.#summary;
  }

  /** How many of a span's attributes are over the limit. */
  droppedAttributesOf(record: SpanRecord): number {
    if (record !== this.#lastRead) this.#read(record);
    return this.#dropped;
  }

  #read(record: SpanRecord): void {
    const summary = summaryOf(record);
    this.#lastRead = record;
    this.#summary = summary;
    if (this.#limits === undefined) return;
    const attributes = limited(summary.attributes, this.#limits);
    this.#summary = { ...summary, attributes };
    this.#dropped = Object.keys(summary.attributes).length - Object.keys(attributes).length;
  }
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
  return new SpanCommons(api, { resource, instrumentationScope }, isLimited ? limits : undefined);
}

/** What a span that was sent says: nothing of its own. */
const forgotten: SpanRecord = {
  kind: 'client',
  traceId: '0'.repeat(32),
  spanId: '0'.repeat(16),
  parentSpanId: undefined,
  parentIsRemote: false,
  traceState: undefined,
  startMs: 0,
  endMs: 0,
  facts: {
    method: '',
    upstream: '',
    endpointId: '',
    host: '',
    port: 0,
    status: undefined,
    errorType: undefined,
    resendCount: 0,
  },
};

/**
 * A finished span as the SDK's processors and exporters read one. A span of the SDK's own that is started and ended after
 * the fact checks its attributes twice and asks for the time it is given; this only knows its record, until the batch has
 * been sent. What is read is made when it is read, and dies young.
 */
export class OutgoingSpan implements Omit<ReadableSpan, 'parentSpanContext'> {
  #record: SpanRecord;
  readonly #commons: SpanCommons;

  constructor(record: SpanRecord, commons: SpanCommons) {
    this.#record = record;
    this.#commons = commons;
  }

  /**
   * Lets go of the record: the batch has been sent. The SDK collects spans in an array that waits empty for so long that
   * V8 takes it for one that stays; when it is dropped at last, whatever it holds is kept with it until the next full collection.
   */
  forget(): void {
    this.#record = forgotten;
  }

  get name(): string {
    return this.#commons.summaryOf(this.#record).name;
  }

  get kind(): Api.SpanKind {
    const { SpanKind } = this.#commons.api;
    return this.#record.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT;
  }

  spanContext(): Api.SpanContext {
    return this.#context(this.#record.spanId, undefined);
  }

  get parentSpanContext(): Api.SpanContext | undefined {
    const { parentSpanId, parentIsRemote } = this.#record;
    return parentSpanId === undefined ? undefined : this.#context(parentSpanId, parentIsRemote);
  }

  get startTime(): Api.HrTime {
    return hrTime(this.#record.startMs);
  }

  get endTime(): Api.HrTime {
    return hrTime(this.#record.endMs);
  }

  get duration(): Api.HrTime {
    return hrTime(this.#record.endMs - this.#record.startMs);
  }

  get status(): Api.SpanStatus {
    const { SpanStatusCode } = this.#commons.api;
    const { failed } = this.#commons.summaryOf(this.#record);
    return { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
  }

  get attributes(): SpanAttributes {
    return this.#commons.summaryOf(this.#record).attributes;
  }

  get droppedAttributesCount(): number {
    return this.#commons.droppedAttributesOf(this.#record);
  }

  get links(): ReadableSpan['links'] {
    return noLinks;
  }

  get droppedLinksCount(): number {
    return 0;
  }

  get events(): ReadableSpan['events'] {
    return noEvents;
  }

  get droppedEventsCount(): number {
    return 0;
  }

  get ended(): boolean {
    return true;
  }

  get resource(): ReadableSpan['resource'] {
    return this.#commons.resource;
  }

  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.#commons.instrumentationScope;
  }

  #context(spanId: string, isRemote: boolean | undefined): Api.SpanContext {
    const { TraceFlags, createTraceState } = this.#commons.api;
    const { traceId, traceState } = this.#record;
    const context: Api.SpanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
    if (isRemote !== undefined) context.isRemote = isRemote;
    if (traceState !== undefined) context.traceState = createTraceState(traceState);
    return context;
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
