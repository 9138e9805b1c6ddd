/** What waits for a {@link PollTurn}. */
export interface PollWaiter {
  /** All that had come when it began to wait has been read. */
  polled(): void;
}

/**
 * Lets things wait until the event loop has asked the kernel once more for all that has come: one immediate for
 * everything that waits, and no object of its own for any of it. The first immediate follows the events that the kernel
 * told before; the loop then asks again, without waiting, and the second follows what it was told then.
 */
export class PollTurn {
  #came: PollWaiter[] = [];
  #waited: PollWaiter[] = [];
  #isArmed = false;

  /** Calls `waiter.polled()` after the next poll. */
  wait(waiter: PollWaiter): void {
    this.#came.push(waiter);
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const ready = this.#waited;
    this.#waited = this.#came;
    this.#came = [];
    this.#isArmed = this.#waited.length > 0;
    if (this.#isArmed) setImmediate(this.#turn);
    for (const waiter of ready) waiter.polled();
  };
}
