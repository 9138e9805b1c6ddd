import type { Indexed } from './catalog-records.ts';
import type { Ledger } from './ledger.ts';

/** A table of records by key, with one index: config entries, prepared queries. */
export class RecordTable<T extends object> {
  readonly #ledger: Ledger;
  readonly #name: string;
  readonly #records = new Map<string, T & Indexed>();

  /** `name` is the table's, for its index and its topic `index/<name>`. */
  constructor(ledger: Ledger, name: string) {
    this.#ledger = ledger;
    this.#name = name;
  }

  /** The index of the last write. */
  get index(): number {
    return this.#ledger.maxOf(this.#name);
  }

  /** What wakes a blocking read of the table. */
  get topic(): string {
    return `index/${this.#name}`;
  }

  /** All records, by key. */
  list(): readonly (T & Indexed)[] {
    return [...this.#records].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, record]) => record);
  }

  get(key: string): (T & Indexed) | undefined {
    return this.#records.get(key);
  }

  /** Writes a record; its index moves even if nothing is new, as on a real agent. */
  put(key: string, record: T): T & Indexed {
    return this.#ledger.write((index) => {
      const before = this.#records.get(key);
      const next = { ...record, CreateIndex: before?.CreateIndex ?? index, ModifyIndex: index };
      this.#ledger.set(this.#records, key, next);
      this.#ledger.touch(this.#name);
      return next;
    });
  }

  /** Removes a record; one that is not there is no error. */
  drop(key: string): void {
    if (!this.#records.has(key)) return;
    this.#ledger.write(() => {
      this.#ledger.drop(this.#records, key);
      this.#ledger.touch(this.#name);
    });
  }

  /** Takes over what a state file kept. */
  restore(records: readonly (T & Indexed)[], keyOf: (record: T) => string): void {
    for (const record of records) this.#records.set(keyOf(record), record);
  }
}
