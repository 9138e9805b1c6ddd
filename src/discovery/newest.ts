import { isAbort } from '../runtime/task.ts';

/**
 * Turns a producer into an async iterable that holds one value: a slow consumer gets the newest and never a backlog.
 * The producer's signal aborts when `outer` does or when the consumer leaves its loop; the iteration ends then, after
 * the producer has ended.
 * @throws what the producer threw, other than the abort reason
 */
export async function* newestOf<T>(
  outer: AbortSignal,
  produce: (put: (value: T) => void, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<T, void, void> {
  const slot = new Slot<T>();
  const inner = new AbortController();
  const leave = () => {
    inner.abort(outer.reason);
    slot.end();
  };
  if (outer.aborted) leave();
  else outer.addEventListener('abort', leave, { once: true });
  const produced = run(produce, slot, inner.signal);
  try {
    while (await slot.ready()) yield slot.take();
  } finally {
    outer.removeEventListener('abort', leave);
    inner.abort();
    await produced;
  }
  slot.rethrow();
}

async function run<T>(
  produce: (put: (value: T) => void, signal: AbortSignal) => Promise<void>,
  slot: Slot<T>,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (!signal.aborted) await produce((value) => slot.put(value), signal);
    slot.end();
  } catch (error) {
    if (isAbort(error, signal)) slot.end();
    else slot.fail(error);
  }
}

/** The one value between producer and consumer. */
class Slot<T> {
  #value: { readonly it: T } | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  put(value: T): void {
    if (this.#ended) return;
    this.#value = { it: value };
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.end();
  }

  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for a value (true) or the end (false); a value that came before the end is still handed out. */
  async ready(): Promise<boolean> {
    while (this.#value === undefined && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#value !== undefined;
  }

  take(): T {
    const value = this.#value;
    this.#value = undefined;
    if (value === undefined) throw new Error('the slot is empty: take() comes after ready()');
    return value.it;
  }
}
