import type * as Api from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { SpanRecord } from './span-record.ts';

type Sampler = NodeSDKConfiguration['sampler'];
type IdGenerator = NodeSDKConfiguration['idGenerator'];

/** OpenTelemetry's `SamplingDecision.RECORD_AND_SAMPLED`. */
const RECORD_AND_SAMPLED = 2;

/** The name of what measured; OpenTelemetry's instrumentation scope. */
export const SCOPE_NAME = 'pilotfish';

/**
 * Hands finished span records to the SDK: each is started and ended again with its own ids and times, all at once and
 * after the fact, so that the SDK's processor and exporters (and the `OTEL_…` variables they follow) do the sending and
 * no request ever waits for them.
 */
export class SpanReplay {
  readonly #api: typeof Api;
  #traceId = '';
  #spanId = '';

  constructor(api: typeof Api) {
    this.#api = api;
  }

  /** Gives the SDK the ids of the record that is being replayed. */
  readonly idGenerator: IdGenerator = {
    generateTraceId: () => this.#traceId,
    generateSpanId: () => this.#spanId,
  };

  /** Everything replayed was sampled already; {@link TraceDecider} decided. */
  readonly sampler: Sampler = {
    shouldSample: () => ({ decision: RECORD_AND_SAMPLED }),
    toString: () => 'decided',
  };

  /** Gives `record` to `tracer`. */
  replay(tracer: Api.Tracer, record: SpanRecord): void {
    const { SpanKind, SpanStatusCode } = this.#api;
    this.#traceId = record.traceId;
    this.#spanId = record.spanId;
    const kind = record.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT;
    const options = { kind, startTime: hrTime(record.startMs), attributes: { ...record.attributes } };
    const span = tracer.startSpan(record.name, options, this.#parentOf(record));
    if (record.failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(hrTime(record.endMs));
  }

  #parentOf({ traceId, parentSpanId, parentIsRemote, traceState }: SpanRecord): Api.Context {
    const { ROOT_CONTEXT, TraceFlags, createTraceState, trace } = this.#api;
    if (parentSpanId === undefined) return ROOT_CONTEXT;
    const parent: Api.SpanContext = {
      traceId,
      spanId: parentSpanId,
      traceFlags: TraceFlags.SAMPLED,
      isRemote: parentIsRemote,
      ...(traceState === undefined ? {} : { traceState: createTraceState(traceState) }),
    };
    return trace.setSpanContext(ROOT_CONTEXT, parent);
  }
}

/** Milliseconds since the epoch as OpenTelemetry's [seconds, nanoseconds]. */
export function hrTime(epochMs: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.min(999_999_999, Math.round((epochMs - seconds * 1000) * 1e6))];
}
