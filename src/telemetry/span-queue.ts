import type { Clock, Timer } from '../runtime/clock.ts';
import type { SpanQueueSettings } from './otel-environment.ts';
import type { SpanRecord } from './span-record.ts';
import { SpanRows } from './span-rows.ts';

/** What becomes of spans; the label values of `pilotfish_telemetry_spans_total`. */
export type SpanOutcome = 'exported' | 'failed' | 'dropped';

/** What a {@link SpanQueue} is made of. */
export interface SpanQueueOptions {
  readonly settings: SpanQueueSettings;
  readonly clock: Clock;
  /** Sends a batch; rejects if the collector did not take it. Must end by itself. */
  readonly send: (batch: readonly SpanRecord[]) => Promise<void>;
  readonly onOutcome: (outcome: SpanOutcome, count: number) => void;
}

/**
 * Finished spans on their way out: bounded, sent in batches one after the other, never waited for. When the collector
 * is slow or away, the newest spans are dropped and counted; requests do not notice.
 */
export class SpanQueue {
  readonly #options: SpanQueueOptions;
  readonly #waiting: SpanRows;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    this.#waiting = new SpanRows(options.settings.maxQueued);
  }

  /** Takes a span, or drops it when the queue is full or closed. */
  push(span: SpanRecord): void {
    const { settings, clock, onOutcome } = this.#options;
    if (this.#closed || !this.#waiting.push(span)) {
      onOutcome('dropped', 1);
      return;
    }
    if (this.#sending !== undefined) return;
    if (this.#waiting.count >= settings.maxBatch) this.#send();
    else this.#timer ??= clock.after(settings.delayMs, () => this.#send());
  }

  /** Sends what waits until nothing does. */
  async flush(): Promise<void> {
    while (this.#sending !== undefined || this.#waiting.count > 0) {
      if (this.#sending === undefined) this.#send();
      await this.#sending;
    }
  }

  /** Takes no more spans, and sends what waits; spans that are left after `timeoutMs` count as dropped. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { clock, onOutcome } = this.#options;
    const { promise: expired, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(timeoutMs, resolve);
    await Promise.race([this.flush(), expired]);
    timer.cancel();
    this.#timer?.cancel();
    const left = this.#waiting.take(Number.POSITIVE_INFINITY).length;
    if (left > 0) onOutcome('dropped', left);
  }

  #send(): void {
    const { settings, send, onOutcome } = this.#options;
    this.#timer?.cancel();
    this.#timer = undefined;
    const batch = this.#waiting.take(settings.maxBatch);
    this.#sending = send(batch)
      .then(
        () => onOutcome('exported', batch.length),
        () => onOutcome('failed', batch.length),
      )
      .then(() => this.#next());
  }

  #next(): void {
    this.#sending = undefined;
    const { settings, clock } = this.#options;
    if (this.#waiting.count >= settings.maxBatch) this.#send();
    else if (this.#waiting.count > 0) this.#timer ??= clock.after(settings.delayMs, () => this.#send());
  }
}
