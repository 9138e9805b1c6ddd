import type { Clock } from '../runtime/clock.ts';

/** How a {@link TokenBucket} fills. */
export interface TokenBucketOptions {
  readonly clock: Clock;
  /** What it holds, and starts with. */
  readonly burst: number;
  /** One token comes back each time this long. */
  readonly everyMs: number;
}

type Queue = Set<() => void>;

/** A whole token, but for what sums of fractions lose. */
const WHOLE = 1 - 1e-9;

/**
 * Lets a burst through, then one in each interval. Who waits stands in one of two queues, each in the order of asking;
 * the queues take turns, so that a crowd in one does not hold up the other.
 */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  /** The one whose turn is next in front. */
  #queues: readonly [Queue, Queue];
  readonly #main: Queue = new Set();
  readonly #second: Queue = new Set();
  #tokens: number;
  #filledAtMs: number;
  /** Ends the handing out, which goes on while anyone waits. */
  #handingOut: AbortController | undefined;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#queues = [this.#main, this.#second];
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.nowMs();
  }

  /**
   * Takes a token, waiting for it if need be. Who is aborted leaves the queue and takes nothing: else callers that come
   * and go would run up a debt that all later ones wait for.
   * @param isSecond whether to wait in the second queue
   * @throws the signal's reason
   */
  async take(signal: AbortSignal, isSecond = false): Promise<void> {
    signal.throwIfAborted();
    this.#fill();
    if (this.#waiting === 0 && this.#tokens >= WHOLE) {
      this.#tokens -= 1;
      return;
    }
    await this.#turn(isSecond ? this.#second : this.#main, signal);
  }

  get #waiting(): number {
    return this.#main.size + this.#second.size;
  }

  #fill(): void {
    const { clock, burst, everyMs } = this.#options;
    const nowMs = clock.nowMs();
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledAtMs) / everyMs);
    this.#filledAtMs = nowMs;
  }

  #turn(queue: Queue, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.delete(go);
        signal.removeEventListener('abort', onAbort);
      };
      const go = () => {
        leave();
        resolve();
      };
      const onAbort = () => {
        leave();
        if (this.#waiting === 0) this.#stopHandingOut();
        reject(signal.reason);
      };
      queue.add(go);
      signal.addEventListener('abort', onAbort, { once: true });
      if (this.#handingOut === undefined) void this.#handOut();
    });
  }

  async #handOut(): Promise<void> {
    const stop = new AbortController();
    this.#handingOut = stop;
    while (this.#waiting > 0) {
      // Only stopping it makes it throw.
      await this.#options.clock.sleep((1 - this.#tokens) * this.#options.everyMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      this.#fill();
      while (this.#tokens >= WHOLE && this.#waiting > 0) this.#letOneGo();
    }
    this.#stopHandingOut();
  }

  #letOneGo(): void {
    const [one, other] = this.#queues;
    this.#queues = [other, one];
    const [go] = one.size > 0 ? one : other;
    this.#tokens -= 1;
    go?.();
  }

  #stopHandingOut(): void {
    this.#handingOut?.abort();
    this.#handingOut = undefined;
  }
}
