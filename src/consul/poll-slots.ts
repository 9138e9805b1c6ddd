import type { Clock } from '../runtime/clock.ts';

/** How many polls {@link PollSlots} lets wait in Consul at once. */
export interface PollSlotsOptions {
  readonly clock: Clock;
  readonly slots: number;
}

/** A poll's right to a connection. */
export interface PollSlot {
  /** How long the poll may wait. */
  readonly waitMs: number;
  /** Gives the connection back, `afterMs` from now. */
  release(afterMs: number): void;
}

/** With more watches than connections, each gets its turn within about this time. */
const ROUND_MS = 10_000;
const MIN_WAIT_MS = 250;

/**
 * Shares the connections that polls may take out of Consul's limit (200 per client address, for all programs of a host)
 * among any number of watches. While there are enough, polls wait as long as they like; else they wait shorter, so that
 * every watch gets its turn.
 */
export class PollSlots {
  readonly #options: PollSlotsOptions;
  readonly #queue = new Set<() => void>();
  #held = 0;

  constructor(options: PollSlotsOptions) {
    this.#options = options;
  }

  /**
   * Waits for a connection. Undefined when none came free in time: the watch is then better off reading without
   * blocking, on an ordinary connection.
   * @throws the signal's reason
   */
  async take(waitMs: number, signal: AbortSignal | undefined): Promise<PollSlot | undefined> {
    const { slots } = this.#options;
    signal?.throwIfAborted();
    if (this.#held < slots) this.#held += 1;
    else if (!(await this.#passedOn(signal))) return undefined;
    const demand = this.#held + this.#queue.size;
    const shareMs = demand <= slots ? waitMs : Math.max(MIN_WAIT_MS, (ROUND_MS * slots) / demand);
    return { waitMs: Math.min(waitMs, Math.round(shareMs)), release: once((afterMs) => this.#release(afterMs)) };
  }

  /** True when a connection that came free was passed on to this caller. */
  #passedOn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.delete(onTurn);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const onTurn = () => {
        leave();
        resolve(true);
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason);
      };
      const timer = this.#options.clock.after(1.5 * ROUND_MS, () => {
        leave();
        resolve(false);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(onTurn);
    });
  }

  #release(afterMs: number): void {
    if (afterMs > 0) {
      this.#options.clock.after(afterMs, () => this.#release(0));
      return;
    }
    const [next] = this.#queue;
    if (next === undefined) this.#held -= 1;
    else next();
  }
}

function once(act: (afterMs: number) => void): (afterMs: number) => void {
  let done = false;
  return (afterMs) => {
    if (!done) act(afterMs);
    done = true;
  };
}
