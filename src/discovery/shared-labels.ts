/** More different ones than this are not worth looking for. */
const MAX_DIFFERENT = 64;

/**
 * Tags, metadata and other texts that instances have in common, as most do, are kept once: they are half of
 * what an instance takes in memory.
 */
export class SharedLabels {
  readonly #most: number;
  readonly #texts = new Map<string, string>();
  readonly #tags = new Map<string, readonly string[]>();
  readonly #meta = new Map<string, ReadonlyMap<string, string>>();

  /** @param most so many of a kind are remembered. Default 64 */
  constructor(most: number = MAX_DIFFERENT) {
    this.#most = most;
  }

  /** The first text that was the same. */
  text(text: string): string {
    return this.#first(this.#texts, text, text);
  }

  /** The first list that had the same tags in the same order. */
  tags(tags: readonly string[]): readonly string[] {
    return this.#first(this.#tags, JSON.stringify(tags), tags);
  }

  /** The first map that had the same entries in the same order. */
  meta(meta: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    return this.#first(this.#meta, JSON.stringify([...meta]), meta);
  }

  #first<T>(known: Map<string, T>, key: string, value: T): T {
    const same = known.get(key);
    if (same !== undefined) return same;
    // All are different, or have become so: what is known is of no more use.
    if (known.size >= this.#most) known.clear();
    known.set(key, value);
    return value;
  }
}
