/** A long-running activity: ends when `signal` aborts (returning or throwing the reason), and only then. */
export type Run = (signal: AbortSignal) => Promise<void>;

/** Whether `error` only says that `signal` was aborted. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
}

/**
 * The activities that one owner has started. Stopping aborts all of them and waits until each has ended, so that
 * nothing outlives its owner.
 */
export class Tasks implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #onCrash: (name: string, error: unknown) => void;

  /** `onCrash` hears of an activity that threw something other than the abort reason. */
  constructor(onCrash: (name: string, error: unknown) => void) {
    this.#onCrash = onCrash;
  }

  /** Aborts when the owner stops. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Starts `run`; `name` is for `onCrash`. Does nothing after {@link stop}. */
  start(name: string, run: Run): void {
    const { signal } = this.#abort;
    if (signal.aborted) return;
    const ended: Promise<void> = run(signal)
      .catch((error: unknown) => {
        if (!isAbort(error, signal)) this.#onCrash(name, error);
      })
      .finally(() => this.#running.delete(ended));
    this.#running.add(ended);
  }

  /** Aborts every activity and waits for all to end. Safe to call again. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
