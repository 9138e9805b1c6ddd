import type { Clock } from '../runtime/clock.ts';

/** How a {@link TokenBucket} fills. */
export interface TokenBucketOptions {
  readonly clock: Clock;
  /** What it holds, and starts with. */
  readonly burst: number;
  /** One token comes back each time this long. */
  readonly everyMs: number;
}

/** A whole token, but for what sums of fractions lose. */
const WHOLE = 1 - 1e-9;

/** Lets a burst through, then one in each interval, in the order of asking. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  readonly #waiting = new Set<() => void>();
  #tokens: number;
  #filledAtMs: number;
  /** Ends the handing out, which goes on while anyone waits. */
  #handingOut: AbortController | undefined;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.nowMs();
  }

  /**
   * Takes a token, waiting for it if need be. Who is aborted leaves the queue and takes nothing: else callers that come
   * and go would run up a debt that all later ones wait for.
   * @throws the signal's reason
   */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#fill();
    if (this.#waiting.size === 0 && this.#tokens >= WHOLE) {
      this.#tokens -= 1;
      return;
    }
    await this.#turn(signal);
  }

  #fill(): void {
    const { clock, burst, everyMs } = this.#options;
    const nowMs = clock.nowMs();
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledAtMs) / everyMs);
    this.#filledAtMs = nowMs;
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(go);
        signal.removeEventListener('abort', onAbort);
      };
      const go = () => {
        leave();
        resolve();
      };
      const onAbort = () => {
        leave();
        if (this.#waiting.size === 0) this.#stopHandingOut();
        reject(signal.reason);
      };
      this.#waiting.add(go);
      signal.addEventListener('abort', onAbort, { once: true });
      if (this.#handingOut === undefined) void this.#handOut();
    });
  }

  async #handOut(): Promise<void> {
    const stop = new AbortController();
    this.#handingOut = stop;
    while (this.#waiting.size > 0) {
      // Only stopping it makes it throw.
      await this.#options.clock.sleep((1 - this.#tokens) * this.#options.everyMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      this.#fill();
      for (const go of this.#waiting) {
        if (this.#tokens < WHOLE) break;
        this.#tokens -= 1;
        go();
      }
    }
    this.#stopHandingOut();
  }

  #stopHandingOut(): void {
    this.#handingOut?.abort();
    this.#handingOut = undefined;
  }
}
