import type { Clock, Timer } from '../runtime/clock.ts';

/** Something with a moment by which something else must have happened. */
export interface Expirable {
  /** On the clock of the {@link Deadlines}; Infinity = none. Set freely, at the price of a store. */
  deadlineMs: number;
  /** Called when it has passed; sets a new deadline or ends the thing. */
  expire(nowMs: number): void;
}

/**
 * All deadlines of a proxy, swept together every {@link SWEEP_MS} while there is anything to watch: setting one is a
 * store, where a timer of its own would be made and thrown away several times a request. A deadline may be noticed that
 * much late.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #members = new Set<Expirable>();
  #timer: Timer | undefined = undefined;
  /** The time of the last sweep: up to one interval old while anything is watched, and free to read. */
  coarseNowMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.coarseNowMs = clock.nowMs();
  }

  /** The exact time. */
  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** @param withinMs its first deadline, from now; unset, it has set one itself */
  add(member: Expirable, withinMs?: number): void {
    // Nobody has kept the coarse time up to date while there was nothing to watch.
    if (this.#members.size === 0) this.coarseNowMs = this.#clock.nowMs();
    if (withinMs !== undefined) member.deadlineMs = this.coarseNowMs + withinMs;
    this.#members.add(member);
    this.#timer ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  delete(member: Expirable): void {
    this.#members.delete(member);
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    this.coarseNowMs = nowMs;
    for (const member of this.#members) if (member.deadlineMs <= nowMs) member.expire(nowMs);
    this.#timer = this.#members.size === 0 ? undefined : this.#clock.after(SWEEP_MS, () => this.#sweep());
  }
}

/** How often deadlines are looked at. */
export const SWEEP_MS = 50;
