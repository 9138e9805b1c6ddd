import type { Clock } from '../runtime/clock.ts';

/** A step of the wall clock larger than this is followed; smaller differences are its rounding. */
const MAX_LAG_MS = 2;

/**
 * Wall time finer than the clock's whole milliseconds, by adding monotonic time to an anchor. The wall clock is rounded
 * down, so the largest anchor seen is the truest; spans of two processes on a machine then nest as they happened.
 */
export class EpochClock {
  readonly #clock: Clock;
  #anchorMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#anchorMs = clock.wallMs() - clock.nowMs();
  }

  /** Milliseconds since the Unix epoch, fractional. */
  nowMs(): number {
    const nowMs = this.#clock.nowMs();
    const anchorMs = this.#clock.wallMs() - nowMs;
    if (anchorMs > this.#anchorMs || anchorMs < this.#anchorMs - MAX_LAG_MS) this.#anchorMs = anchorMs;
    return this.#anchorMs + nowMs;
  }
}
