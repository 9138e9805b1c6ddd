import { boundedMethod } from './http-method.ts';
import { boundedText, type SpanAttributes, type SpanRecord, verbOf } from './span-record.ts';
import type { TraceField } from './trace-context.ts';
import { type TraceContextOptions, type TracePlace, traceFields } from './trace-place.ts';

/** Where an attempt goes. */
export interface AttemptTarget {
  readonly method: string;
  readonly upstream: string;
  readonly endpointId: string;
  readonly host: string;
  readonly port: number;
}

/** How an attempt ended: the upstream's status, or the code of what went wrong. */
export interface AttemptEnd {
  readonly status?: number | undefined;
  readonly errorType?: string | undefined;
}

/** What an {@link AttemptSpan} begins with. */
export interface AttemptSpanOptions {
  readonly place: TracePlace;
  readonly context: TraceContextOptions;
  /** The server span's id. */
  readonly parentSpanId: string;
  readonly target: AttemptTarget;
  /** Which retry it is; 0 = the first attempt. */
  readonly resendCount: number;
}

/** The client span of one attempt; handed to the sink, as its own record, when it ends. */
export class AttemptSpan implements SpanRecord {
  readonly kind: 'client' = 'client' as const;
  readonly parentIsRemote: false = false as const;
  readonly spanId: string;
  readonly startMs: number;
  readonly #options: AttemptSpanOptions;
  /** -1: it has not ended. */
  #endMs = -1;
  #status: number | undefined = undefined;
  #errorType: string | undefined = undefined;

  /** Starts now. */
  constructor(options: AttemptSpanOptions) {
    this.#options = options;
    this.spanId = options.context.nextSpanId();
    this.startMs = options.context.nowMs();
  }

  /** The trace fields to send with the attempt. They replace all of those that the caller sent. */
  get fields(): readonly TraceField[] {
    const { place, parentSpanId } = this.#options;
    return traceFields(place, this.spanId, parentSpanId);
  }

  /** Ends the span now. Later calls do nothing. */
  end({ status, errorType }: AttemptEnd): void {
    if (this.#endMs >= 0) return;
    const { nowMs, sink } = this.#options.context;
    this.#endMs = Math.max(this.startMs, nowMs());
    this.#status = status;
    this.#errorType = errorType ?? (status !== undefined && status >= 400 ? String(status) : undefined);
    sink(this);
  }

  get traceId(): string {
    return this.#options.place.traceId;
  }

  get parentSpanId(): string {
    return this.#options.parentSpanId;
  }

  get traceState(): string | undefined {
    return this.#options.place.traceState;
  }

  get name(): string {
    return verbOf(boundedMethod(this.#options.target.method));
  }

  get endMs(): number {
    return this.#endMs;
  }

  get failed(): boolean {
    return this.#errorType !== undefined;
  }

  get attributes(): SpanAttributes {
    const { target, resendCount } = this.#options;
    const attributes: Record<string, string | number> = {
      'http.request.method': boundedMethod(target.method),
      'server.address': boundedText(target.host),
      'server.port': target.port,
      'pilotfish.upstream': boundedText(target.upstream),
      'pilotfish.endpoint.id': boundedText(target.endpointId),
    };
    if (this.#status !== undefined) attributes['http.response.status_code'] = this.#status;
    if (this.#errorType !== undefined) attributes['error.type'] = boundedText(this.#errorType);
    if (resendCount > 0) attributes['http.request.resend_count'] = resendCount;
    return attributes;
  }
}
