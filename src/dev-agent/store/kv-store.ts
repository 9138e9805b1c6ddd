import type { Ledger } from './ledger.ts';
import { compareUtf8 } from './utf8-order.ts';

/** A KV entry. */
export interface KvEntry {
  readonly Key: string;
  readonly Value: Buffer;
  /** Opaque to Consul: any unsigned 64-bit number. */
  readonly Flags: bigint;
  /** How many times it was locked by a new holder. */
  readonly LockIndex: number;
  readonly Session: string | undefined;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** How long Consul remembers at least that a key was deleted (tombstone TTL; docs/consul-client.md 4). */
export const TOMBSTONE_TTL_MS = 900_000;

/** Keys and values, with Consul's indexes for keys, prefixes and what was deleted (docs/consul-client.md 42–47). */
export class KvStore {
  readonly #ledger: Ledger;
  readonly #entries = new Map<string, KvEntry>();
  readonly #tombstones = new Map<string, number>();
  #sorted: readonly string[] | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get(key: string): KvEntry | undefined {
    return this.#entries.get(key);
  }

  /** The entries whose keys start with `prefix`, in order of their keys. */
  list(prefix: string): readonly KvEntry[] {
    return this.keys(prefix).map((key) => this.#entries.get(key) as KvEntry);
  }

  /** The keys that start with `prefix`, in order. */
  keys(prefix: string): readonly string[] {
    this.#sorted ??= [...this.#entries.keys()].sort(compareUtf8);
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(sorted[middle] ?? '', prefix) < 0) low = middle + 1;
      else high = middle;
    }
    const found: string[] = [];
    for (let at = low; at < sorted.length && sorted[at]?.startsWith(prefix); at++) found.push(sorted[at] as string);
    return found;
  }

  /** The index of a blocking read of `prefix`: the newest of its entries and of what was deleted under it; 0 if none. */
  prefixIndex(prefix: string): number {
    let index = 0;
    for (const entry of this.list(prefix)) index = Math.max(index, entry.ModifyIndex);
    for (const [key, deleted] of this.#tombstones) if (key.startsWith(prefix)) index = Math.max(index, deleted);
    return index;
  }

  /** The index of the latest write to any key. */
  get lastIndex(): number {
    return this.#ledger.maxOf('kvs', 'tombstones');
  }

  /** Writes an entry. One that is already exactly so is left as it is (its ModifyIndex too). */
  put(
    entry: Pick<KvEntry, 'Key' | 'Value' | 'Flags'> & { readonly lock?: Pick<KvEntry, 'LockIndex' | 'Session'> },
  ): KvEntry {
    return this.#ledger.write((index) => {
      const before = this.#entries.get(entry.Key);
      const lock = entry.lock ?? { LockIndex: before?.LockIndex ?? 0, Session: before?.Session };
      if (before !== undefined && isSame(before, entry, lock)) return before;
      const record: KvEntry = {
        Key: entry.Key,
        Value: entry.Value,
        Flags: entry.Flags,
        ...lock,
        CreateIndex: before?.CreateIndex ?? index,
        ModifyIndex: index,
      };
      if (before === undefined) this.#sorted = undefined;
      this.#ledger.set(this.#entries, entry.Key, record);
      this.#ledger.touch('kvs');
      this.#ledger.mark(`kv/${entry.Key}`);
      return record;
    });
  }

  /** Removes a key; false if there is none. */
  drop(key: string): boolean {
    return this.#ledger.write((index) => {
      if (!this.#entries.has(key)) return false;
      this.#sorted = undefined;
      this.#ledger.drop(this.#entries, key);
      this.#ledger.set(this.#tombstones, key, index);
      this.#ledger.touch('kvs');
      this.#ledger.touch('tombstones');
      this.#ledger.mark(`kv/${key}`);
      return true;
    });
  }

  /** Removes every key that starts with `prefix`. */
  dropTree(prefix: string): void {
    this.#ledger.write(() => {
      for (const key of this.keys(prefix)) this.drop(key);
    });
  }

  /** The keys that `session` holds. */
  heldBy(session: string): readonly KvEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.Session === session);
  }

  /** Forgets deletions up to `index`, as Consul does after {@link TOMBSTONE_TTL_MS}: prefix indexes may fall. */
  reapTombstones(index: number): void {
    for (const [key, deleted] of this.#tombstones) if (deleted <= index) this.#tombstones.delete(key);
  }

  /** What a rolled back write left behind in derived data. */
  forgetOrder(): void {
    this.#sorted = undefined;
  }

  /** Everything, for a state file. */
  snapshot(): { readonly entries: readonly KvEntry[]; readonly tombstones: readonly (readonly [string, number])[] } {
    return { entries: [...this.#entries.values()], tombstones: [...this.#tombstones] };
  }

  /** Takes over what a state file kept. */
  restore(snapshot: ReturnType<KvStore['snapshot']>): void {
    for (const entry of snapshot.entries) this.#entries.set(entry.Key, entry);
    for (const [key, index] of snapshot.tombstones) this.#tombstones.set(key, index);
    this.#sorted = undefined;
  }
}

function isSame(
  before: KvEntry,
  entry: Pick<KvEntry, 'Value' | 'Flags'>,
  lock: Pick<KvEntry, 'LockIndex' | 'Session'>,
): boolean {
  return (
    before.Value.equals(entry.Value) &&
    before.Flags === entry.Flags &&
    before.LockIndex === lock.LockIndex &&
    before.Session === lock.Session
  );
}
