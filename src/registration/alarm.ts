import type { Clock } from '../runtime/clock.ts';

/** A pause that somebody may cut short. For one sleeper. */
export class Alarm {
  readonly #clock: Clock;
  #cut: (() => void) | undefined;
  #isRung = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause under way; without one, the next pause does not begin. */
  ring(): void {
    this.#isRung = true;
    this.#cut?.();
  }

  /** Waits, at most `delayMs`. @throws the signal's reason */
  async pause(delayMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isRung) {
      const cut = new AbortController();
      const leave = () => cut.abort();
      this.#cut = leave;
      signal.addEventListener('abort', leave, { once: true });
      await this.#clock.sleep(delayMs, cut.signal).catch(() => undefined);
      signal.removeEventListener('abort', leave);
      this.#cut = undefined;
    }
    this.#isRung = false;
    signal.throwIfAborted();
  }
}
