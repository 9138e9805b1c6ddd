import type { AttemptTarget } from './client-span.ts';
import type { TraceField } from './trace-context.ts';
import { type TraceContextOptions, type TracePlace, traceFields } from './trace-place.ts';

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

/** One attempt of a sampled request; its client span is handed to the sink when it ends. */
export class AttemptSpan {
  readonly spanId: string;
  readonly #options: AttemptSpanOptions;
  readonly #startMs: number;
  #ended = false;

  /** Starts now. */
  constructor(options: AttemptSpanOptions) {
    this.#options = options;
    this.spanId = options.context.nextSpanId();
    this.#startMs = options.context.nowMs();
  }

  /** The trace fields to send with the attempt. They replace all of those that the caller sent. */
  get fields(): readonly TraceField[] {
    const { place, parentSpanId } = this.#options;
    return traceFields(place, this.spanId, parentSpanId);
  }

  /** Ends the span now. Later calls do nothing. */
  end({ status, errorType }: AttemptEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const { context, place, parentSpanId, target, resendCount } = this.#options;
    const failure = errorType ?? (status !== undefined && status >= 400 ? String(status) : undefined);
    context.sink({
      kind: 'client',
      traceId: place.traceId,
      spanId: this.spanId,
      parentSpanId,
      parentIsRemote: false,
      traceState: place.traceState,
      startMs: this.#startMs,
      endMs: Math.max(this.#startMs, context.nowMs()),
      facts: { ...target, status, errorType: failure, resendCount },
    });
  }
}
