import type { Clock } from '../runtime/clock.ts';

/** Those who wait for one moment, each for as long as it likes. After {@link release} nobody waits any more. */
export class KnownWaiters {
  readonly #clock: Clock;
  #released = false;
  #waiting: Set<() => void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get released(): boolean {
    return this.#released;
  }

  /** Resolves at the moment, or after `timeoutMs`, whichever is first. */
  wait(timeoutMs: number): Promise<void> {
    if (this.#released) return Promise.resolve();
    this.#waiting ??= new Set();
    const waiting = this.#waiting;
    return new Promise((resolve) => {
      const go = () => {
        timer.cancel();
        waiting.delete(go);
        resolve();
      };
      const timer = this.#clock.after(timeoutMs, go);
      waiting.add(go);
    });
  }

  release(): void {
    this.#released = true;
    for (const go of this.#waiting ?? []) go();
    this.#waiting = undefined;
  }
}
