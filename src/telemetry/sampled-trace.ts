import { AttemptSpan } from './attempt-span.ts';
import type { AttemptTarget } from './client-span.ts';
import type { ServerFacts } from './server-span.ts';
import type { TraceContextOptions, TracePlace } from './trace-place.ts';

/** One sampled request: a server span, and a client span for each attempt. */
export class SampledTrace {
  readonly traceId: string;
  /** The server span's id. */
  readonly spanId: string;
  readonly #place: TracePlace;
  readonly #context: TraceContextOptions;
  readonly #startMs: number;
  readonly #attempts: AttemptSpan[] = [];
  #ended = false;

  constructor(place: TracePlace, context: TraceContextOptions) {
    this.traceId = place.traceId;
    this.spanId = context.nextSpanId();
    this.#place = place;
    this.#context = context;
    this.#startMs = context.nowMs();
  }

  /** Starts the client span of the next attempt; the second and later ones carry `http.request.resend_count`. */
  startAttempt(target: AttemptTarget): AttemptSpan {
    const attempt = new AttemptSpan({
      place: this.#place,
      context: this.#context,
      parentSpanId: this.spanId,
      target,
      resendCount: this.#attempts.length,
    });
    this.#attempts.push(attempt);
    return attempt;
  }

  /** Ends the server span, and attempts that nobody ended (`error.type` `abandoned`). Later calls do nothing. */
  end(facts: ServerFacts): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const attempt of this.#attempts) attempt.end({ errorType: 'abandoned' });
    const { nowMs, sink } = this.#context;
    const { traceId, parentSpanId, traceState } = this.#place;
    const startMs = this.#startMs;
    sink({
      kind: 'server',
      traceId,
      spanId: this.spanId,
      parentSpanId,
      parentIsRemote: parentSpanId !== undefined,
      traceState,
      startMs,
      endMs: Math.max(startMs, nowMs()),
      attempts: this.#attempts.length,
      facts,
    });
  }
}
