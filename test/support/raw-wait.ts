/**
 * Something that changes and can be waited for: whoever changes it calls `changed`, whoever waits says for what. The
 * limit only turns a hang into a failure that names what was missing.
 */
export class Changes {
  #waiting: (() => void)[] = [];

  /** Wakes all who wait, to look again. */
  changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /**
   * Waits until `look` returns something other than undefined and false.
   * @throws what `look` throws; and after `limitMs` with `what` in the message
   */
  async until<T>(look: () => T | undefined | false, what: string | (() => string), limitMs = 5000): Promise<T> {
    const deadline = AbortSignal.timeout(limitMs);
    for (;;) {
      const seen = look();
      if (seen !== undefined && seen !== false) return seen;
      if (deadline.aborted) {
        throw new Error(`not within ${limitMs} ms: ${typeof what === 'string' ? what : what()}`);
      }
      await new Promise<void>((resolve) => {
        deadline.addEventListener('abort', () => resolve(), { once: true });
        this.#waiting.push(resolve);
      });
    }
  }
}
