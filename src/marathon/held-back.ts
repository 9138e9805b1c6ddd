import type { Clock, Timer } from '../runtime/clock.ts';

/** Marathon's pause after a first refusal; it doubles with each one in a row. */
const FIRST_PAUSE_MS = 2_000;
/** Pauses are waited for up to this long; a subscriber that refuses more than that has other troubles. */
const MAX_PAUSE_MS = 64_000;
/** For the way to Marathon and back, and its clock. */
const MARGIN_MS = 500;

/**
 * Tells when events may have been missed: after an answer that is no success, Marathon drops events for a subscriber for
 * 2 s, twice as long after each further one (mesosphere/marathon v1.1.0 `event/http/HttpEventActor.scala`). `onMissed` is
 * called when that time is over, or when an event shows that it is.
 */
export class HeldBack {
  readonly #clock: Clock;
  readonly #onMissed: () => void;
  #refusals = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, onMissed: () => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
  }

  /** An event was answered with no success. */
  refused(): void {
    this.#refusals += 1;
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#refusals - 1));
    this.#timer?.cancel();
    this.#timer = this.#clock.after(pauseMs + MARGIN_MS, () => {
      this.#timer = undefined;
      this.#onMissed();
    });
  }

  /** An event was taken; call it before that one is handed on. */
  accepted(): void {
    this.#refusals = 0;
    if (this.#timer === undefined) return;
    this.stop();
    this.#onMissed();
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
