import type { Clock } from '../runtime/clock.ts';

/** How a {@link TokenBucket} fills. */
export interface TokenBucketOptions {
  readonly clock: Clock;
  /** What it holds, and starts with. */
  readonly burst: number;
  /** One token comes back each time this long. */
  readonly everyMs: number;
}

/** One who waits for a turn. */
export interface TurnTaker {
  /** Its turn has come. Called once for each time it asked; must not throw. */
  onTurn(): void;
}

/** A whole token, but for what sums of fractions lose. */
const WHOLE = 1 - 1e-9;

/**
 * Lets a burst through, then one in each interval, in the order of asking. Who waits is an entry of a set and nothing
 * else: of a thousand watches, most wait here most of the time.
 */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  readonly #waiting = new Set<TurnTaker>();
  #tokens: number;
  #filledAtMs: number;
  /** Ends the handing out, which goes on while anyone waits. */
  #handingOut: AbortController | undefined;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.nowMs();
  }

  /** Takes a token: true. Or there is none: then its turn comes later. */
  ask(taker: TurnTaker): boolean {
    this.#fill();
    if (this.#waiting.size === 0 && this.#tokens >= WHOLE) {
      this.#tokens -= 1;
      return true;
    }
    this.#waiting.add(taker);
    if (this.#handingOut === undefined) void this.#handOut();
    return false;
  }

  /**
   * Waits no more, and takes nothing: else callers that come and go would run up a debt that all later ones wait for.
   */
  leave(taker: TurnTaker): void {
    if (this.#waiting.delete(taker) && this.#waiting.size === 0) this.#stopHandingOut();
  }

  #fill(): void {
    const { clock, burst, everyMs } = this.#options;
    const nowMs = clock.nowMs();
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledAtMs) / everyMs);
    this.#filledAtMs = nowMs;
  }

  async #handOut(): Promise<void> {
    const stop = new AbortController();
    this.#handingOut = stop;
    while (this.#waiting.size > 0) {
      // Only stopping it makes it throw.
      await this.#options.clock.sleep((1 - this.#tokens) * this.#options.everyMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      this.#fill();
      for (const taker of this.#waiting) {
        if (this.#tokens < WHOLE) break;
        this.#tokens -= 1;
        this.#waiting.delete(taker);
        taker.onTurn();
      }
    }
    this.#stopHandingOut();
  }

  #stopHandingOut(): void {
    this.#handingOut?.abort();
    this.#handingOut = undefined;
  }
}
