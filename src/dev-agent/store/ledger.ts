/** A set of watched things that one write changed; see {@link Ledger.mark}. */
export type Topics = ReadonlySet<string>;

/**
 * The order of all writes, as Consul's Raft log gives it: one index per write, the last index of each table, and what
 * each write changed. Consul's blocking queries are made of exactly these (docs/consul-client.md 3, 8, 9, 47).
 */
export class Ledger {
  #index: number;
  #firstIndex: number;
  #depth = 0;
  #undo: (() => void)[] = [];
  readonly #touched = new Map<string, number>();
  #marked = new Set<string>();
  readonly #onCommit: (topics: Topics) => void;

  /** `onCommit` hears of the topics of each write, once the write is whole. `index` is the last one given out. */
  constructor(onCommit: (topics: Topics) => void, index = 0) {
    this.#onCommit = onCommit;
    this.#index = index;
    this.#firstIndex = index;
  }

  /** The index of the latest write. */
  get index(): number {
    return this.#index;
  }

  /** Where the indexes of this process begin; lower ones are of an earlier process. */
  get firstIndex(): number {
    return this.#firstIndex;
  }

  /**
   * Runs `work` as one write under a new index. Within another write it is part of that one. If it throws, everything
   * recorded by {@link onUndo} is undone and nobody is woken, but the index is spent, as in Raft.
   */
  write<T>(work: (index: number) => T): T {
    if (this.#depth > 0) return work(this.#index);
    this.#index += 1;
    this.#depth += 1;
    try {
      const result = work(this.#index);
      this.#depth -= 1;
      this.#undo = [];
      this.#publish();
      return result;
    } catch (error) {
      this.#depth -= 1;
      for (const undo of this.#undo.reverse()) undo();
      this.#undo = [];
      this.#marked = new Set();
      throw error;
    }
  }

  /** Calls `undo` if the running write fails, after what was recorded later has been undone. */
  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** `map.set` that is undone if the write fails. */
  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    const had = map.has(key);
    const before = map.get(key) as V;
    map.set(key, value);
    this.#undo.push(() => (had ? map.set(key, before) : map.delete(key)));
  }

  /** `map.delete` that is undone if the write fails. */
  drop<K, V>(map: Map<K, V>, key: K): void {
    if (!map.has(key)) return;
    const before = map.get(key) as V;
    map.delete(key);
    this.#undo.push(() => map.set(key, before));
  }

  /** Says that the running write changed `table`, and wakes who watches that very entry. */
  touch(table: string): void {
    this.set(this.#touched, table, this.#index);
    this.mark(`index/${table}`);
  }

  /** Forgets the index of `table`, and wakes who watches that entry. */
  forget(table: string): void {
    this.drop(this.#touched, table);
    this.mark(`index/${table}`);
  }

  /** Wakes who watches `topic` when the running write is whole. */
  mark(topic: string): void {
    this.#marked.add(topic);
  }

  /** The index of the last write that touched `table`; undefined if none did. */
  lastOf(table: string): number | undefined {
    return this.#touched.get(table);
  }

  /** The highest index of `tables`; 0 if none was touched. */
  maxOf(...tables: readonly string[]): number {
    return Math.max(0, ...tables.map((table) => this.#touched.get(table) ?? 0));
  }

  /** What a state file keeps. */
  snapshot(): LedgerSnapshot {
    return { index: this.#index, touched: [...this.#touched] };
  }

  /** Takes over what a state file kept. */
  restore(snapshot: LedgerSnapshot): void {
    this.#index = Math.max(this.#index, snapshot.index);
    this.#firstIndex = this.#index;
    this.#touched.clear();
    for (const [table, index] of snapshot.touched) this.#touched.set(table, index);
  }

  #publish(): void {
    if (this.#marked.size === 0) return;
    const topics = this.#marked;
    this.#marked = new Set();
    this.#onCommit(topics);
  }
}

/** The indexes as a state file keeps them. */
export interface LedgerSnapshot {
  readonly index: number;
  readonly touched: readonly (readonly [string, number])[];
}
