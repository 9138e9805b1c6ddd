import type { Changes } from './live-state.ts';

/** Remembers what one viewer has been told, so that only differences are sent. */
export class ChangedRows<T extends object> {
  readonly #keyOf: (row: T) => string;
  readonly #told = new Map<string, string>();

  constructor(keyOf: (row: T) => string) {
    this.#keyOf = keyOf;
  }

  /** What differs from the last call. */
  next(rows: Iterable<T>): Changes<T> {
    const changed: T[] = [];
    const present = new Set<string>();
    for (const row of rows) {
      const key = this.#keyOf(row);
      present.add(key);
      const text = JSON.stringify(row);
      if (this.#told.get(key) === text) continue;
      this.#told.set(key, text);
      changed.push(row);
    }
    const gone = [...this.#told.keys()].filter((key) => !present.has(key));
    for (const key of gone) this.#told.delete(key);
    return { changed, gone };
  }
}
