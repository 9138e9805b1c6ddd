import type { Same } from './compare.ts';

/**
 * A place for one value between a producer and a consumer that may be slower: a newer value replaces one not yet
 * taken, and one that is the same as what was taken last is dropped.
 */
export class LatestValue<T> {
  readonly #same: Same<T>;
  #taken: { readonly value: T } | undefined;
  #waiting: { readonly value: T } | undefined;
  #wake: (() => void) | undefined;
  #ended: { readonly error: unknown } | undefined;

  constructor(same: Same<T>) {
    this.#same = same;
  }

  /** Puts the newest value. */
  put(value: T): void {
    this.#waiting = this.#taken !== undefined && this.#same(this.#taken.value, value) ? undefined : { value };
    if (this.#waiting !== undefined) this.#wake?.();
  }

  /** No value comes any more. With an error, the consumer gets it. */
  end(error?: unknown): void {
    this.#ended ??= { error };
    this.#wake?.();
  }

  /** Waits for a value unlike the last one taken; undefined at the end. For one consumer. */
  async take(): Promise<{ readonly value: T } | undefined> {
    while (this.#waiting === undefined && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#ended !== undefined) {
      if (this.#ended.error !== undefined) throw this.#ended.error;
      return undefined;
    }
    this.#taken = this.#waiting;
    this.#waiting = undefined;
    return this.#taken;
  }
}
