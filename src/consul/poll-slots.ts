import type { Clock, Timer } from '../runtime/clock.ts';

/** How many polls {@link PollSlots} lets wait in Consul at once. */
export interface PollSlotsOptions {
  readonly clock: Clock;
  readonly slots: number;
}

/** A poll's right to a connection. */
export interface PollSlot {
  /** How long the poll may wait, if it would like to for `waitMs`. */
  waitOf(waitMs: number): number;
  /** Gives the connection back, `afterMs` from now. */
  release(afterMs: number): void;
}

/** One who waits for a connection. */
export interface SlotTaker {
  /**
   * Its turn has come. Undefined when no connection came free in time: it is then better off reading without blocking, on
   * an ordinary connection. Called once for each time it asked; must not throw.
   */
  onSlot(slot: PollSlot | undefined): void;
}

/** With more watches than connections, each gets its turn within about this time. */
const ROUND_MS = 10_000;
const MIN_WAIT_MS = 250;
/** Nobody waits longer for a connection. */
const PATIENCE_MS = 1.5 * ROUND_MS;

/**
 * Shares the connections that polls may take out of Consul's limit (200 per client address, for all programs of a host)
 * among any number of watches. While there are enough, polls wait as long as they like; else they wait shorter, so that
 * every watch gets its turn.
 */
export class PollSlots {
  readonly #options: PollSlotsOptions;
  /** Who waits, and since when; the first has waited longest. */
  readonly #queue = new Map<SlotTaker, number>();
  #held = 0;
  /** Ends the patience of the first. */
  #timer: Timer | undefined;

  constructor(options: PollSlotsOptions) {
    this.#options = options;
  }

  /** A connection, if one is free; else the taker's turn comes later. */
  ask(taker: SlotTaker): PollSlot | undefined {
    if (this.#held < this.#options.slots) {
      this.#held += 1;
      return this.#slot();
    }
    this.#queue.set(taker, this.#options.clock.nowMs());
    if (this.#queue.size === 1) this.#arm();
    return undefined;
  }

  /** Waits no more. */
  leave(taker: SlotTaker): void {
    if (this.#queue.delete(taker) && this.#queue.size === 0) this.#arm();
  }

  /**
   * Waits for a connection; undefined as for {@link SlotTaker}.
   * @throws the signal's reason
   */
  take(signal: AbortSignal | undefined): Promise<PollSlot | undefined> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = () => {
        this.leave(taker);
        reject(signal?.reason);
      };
      const taker = {
        onSlot(slot: PollSlot | undefined) {
          signal?.removeEventListener('abort', onAbort);
          resolve(slot);
        },
      };
      const slot = this.ask(taker);
      if (slot !== undefined) resolve(slot);
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #slot(): PollSlot {
    const { slots } = this.#options;
    const demand = this.#held + this.#queue.size;
    const shareMs =
      demand <= slots ? Number.POSITIVE_INFINITY : Math.round(Math.max(MIN_WAIT_MS, (ROUND_MS * slots) / demand));
    let isReleased = false;
    return {
      waitOf: (waitMs) => Math.min(waitMs, shareMs),
      release: (afterMs) => {
        if (!isReleased) this.#release(afterMs);
        isReleased = true;
      },
    };
  }

  #release(afterMs: number): void {
    if (afterMs > 0) {
      this.#options.clock.after(afterMs, () => this.#release(0));
      return;
    }
    const [next] = this.#queue.keys();
    if (next === undefined) {
      this.#held -= 1;
      return;
    }
    this.leave(next);
    next.onSlot(this.#slot());
  }

  /** Sets the timer to when the first has waited long enough. It may find that another is first by then. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock } = this.#options;
    const [first] = this.#queue.values();
    if (first === undefined) return;
    this.#timer = clock.after(Math.max(0, first + PATIENCE_MS - clock.nowMs()), () => {
      const latestMs = clock.nowMs() - PATIENCE_MS;
      for (const [taker, sinceMs] of this.#queue) {
        if (sinceMs > latestMs) break;
        this.#queue.delete(taker);
        taker.onSlot(undefined);
      }
      this.#arm();
    });
  }
}
