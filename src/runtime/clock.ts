/** Something that will happen later, and can be called off. */
export interface Timer {
  /** Calls it off; does nothing once it has fired or was called off. */
  cancel(): void;
}

/**
 * Time as the rooms see it. Injected everywhere, so that tests own it and a change of the wall clock changes nothing:
 * every deadline, age and interval is measured on `nowMs`.
 */
export interface Clock {
  /** Monotonic milliseconds (fractional) since an arbitrary moment. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch. For people and files to read, never for measuring. */
  wallMs(): number;
  /** Calls `callback` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /**
   * Waits `delayMs`, keeping the process alive.
   * @throws the signal's reason, as soon as it aborts
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(delayMs, MAX_TIMER_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};
