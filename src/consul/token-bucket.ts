import type { Clock } from '../runtime/clock.ts';

/** How a {@link TokenBucket} fills. */
export interface TokenBucketOptions {
  readonly clock: Clock;
  /** What it holds, and starts with. */
  readonly burst: number;
  /** One token comes back each time this long. */
  readonly everyMs: number;
}

/** Lets a burst through, then one in each interval, in the order of asking. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.nowMs();
  }

  /**
   * Takes a token, waiting for it if need be. A token reserved by an aborted wait is not given back: the next comes no
   * sooner than it would have.
   * @throws the signal's reason
   */
  async take(signal: AbortSignal): Promise<void> {
    const { clock, burst, everyMs } = this.#options;
    const nowMs = clock.nowMs();
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledAtMs) / everyMs);
    this.#filledAtMs = nowMs;
    this.#tokens -= 1;
    if (this.#tokens < 0) await clock.sleep(-this.#tokens * everyMs, signal);
    else signal.throwIfAborted();
  }
}
