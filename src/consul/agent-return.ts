import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

/** What an {@link AgentReturn} is made of. */
export interface AgentReturnOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks cheaply whether the agent is there and has a leader. Must not throw but for its signal. */
  readonly isThere: (signal: AbortSignal) => Promise<boolean>;
}

/** How often it is asked, whoever waits. */
const ASK_EVERY_MS = 500;
/** That it is away is known for so long: an answer that does not come in time is none. */
const KNOWN_MS = 2 * ASK_EVERY_MS;
/** Nobody rests longer while the agent is away, in case it can be asked what it is not found by. */
const LONGEST_MS = 30_000;
/** While it is known to be away, whether it still is is looked at after at least and at most so long. */
const LOOK_MIN_MS = 1_000;
const LOOK_MAX_MS = 3_000;
/** Those who waited begin again within this time, not all at once. */
const SPREAD_MS = 200;

/** Why a sleep ends early. */
const BACK: Error = new Error('the agent is back');

/**
 * Ends the back-off of all watches of a client soon after the agent came back, and none before. Each backing off by
 * itself would wait up to 10 s, and a thousand of them would ask two hundred times a second; here two cheap questions a
 * second are asked for all. An agent that never was away (it fails only what is asked of it) changes nobody's back-off.
 */
export class AgentReturn {
  readonly #options: AgentReturnOptions;
  readonly #waiting = new Set<AbortController>();
  #asking: AbortController | undefined;
  #foundAwayAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AgentReturnOptions) {
    this.#options = options;
  }

  /**
   * Waits `forMs`; while the agent is known to be away, until it is there again, but at most half a minute.
   * @returns whether it is there again
   * @throws the signal's reason
   */
  async sleep(forMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock, random } = this.#options;
    if (forMs <= ASK_EVERY_MS) {
      await clock.sleep(forMs, signal);
      return false;
    }
    const early = new AbortController();
    const onAbort = () => early.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#join(early);
    try {
      await clock.sleep(forMs, early.signal);
      await this.#restWhileAway(LONGEST_MS - forMs, early.signal);
      return false;
    } catch (error) {
      if (error !== BACK) throw error;
      await clock.sleep(random() * SPREAD_MS, signal);
      return true;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#leave(early);
    }
  }

  /** One more question for each watch would tell nothing. */
  async #restWhileAway(mostMs: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let leftMs = mostMs; leftMs > 0 && clock.nowMs() - this.#foundAwayAtMs <= KNOWN_MS; ) {
      const pauseMs = Math.min(leftMs, LOOK_MIN_MS + random() * (LOOK_MAX_MS - LOOK_MIN_MS));
      await clock.sleep(pauseMs, signal);
      leftMs -= pauseMs;
    }
  }

  #join(waiter: AbortController): void {
    this.#waiting.add(waiter);
    if (this.#asking !== undefined) return;
    const asking = new AbortController();
    this.#asking = asking;
    this.#ask(asking.signal)
      // Only stopping it makes it throw.
      .catch(() => {})
      .finally(() => {
        if (this.#asking === asking) this.#asking = undefined;
      });
  }

  #leave(waiter: AbortController): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size > 0) return;
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #ask(stop: AbortSignal): Promise<void> {
    const { clock, isThere } = this.#options;
    for (let wasAway = false; ; wasAway = true) {
      // At once at first: an agent that is back before it was ever found away would go unnoticed.
      if (wasAway) await clock.sleep(ASK_EVERY_MS, stop);
      const isBack = await isThere(stop);
      stop.throwIfAborted();
      this.#foundAwayAtMs = isBack ? Number.NEGATIVE_INFINITY : clock.nowMs();
      if (isBack && wasAway) for (const waiter of [...this.#waiting]) waiter.abort(BACK);
      if (isBack) return;
    }
  }
}
