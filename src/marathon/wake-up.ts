import type { Clock } from '../runtime/clock.ts';

/** A pause that somebody may cut short. For one sleeper. */
export class WakeUp {
  readonly #clock: Clock;
  #cut = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the pause under way; without one, the next does not begin. */
  ring(): void {
    this.#cut.abort();
  }

  /** Waits, at most `delayMs`. @throws the signal's reason */
  async pause(delayMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const cut = this.#cut.signal;
    const leave = () => this.#cut.abort();
    signal.addEventListener('abort', leave, { once: true });
    try {
      await this.#clock.sleep(delayMs, cut);
    } catch (error) {
      if (!cut.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      this.#cut = new AbortController();
    }
    signal.throwIfAborted();
  }
}
