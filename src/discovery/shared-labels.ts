/** More different ones than this in a service are not worth looking for. */
const MAX_DIFFERENT = 64;
/** Texts are short, and mostly one or two for all. */
const MAX_DIFFERENT_TEXTS = 8;

/**
 * Tags, metadata and other texts that instances of a service have in common, as most do, are kept once: they are half of
 * what an instance takes in memory.
 */
export class SharedLabels {
  readonly #texts = new Map<string, string>();
  readonly #tags = new Map<string, readonly string[]>();
  readonly #meta = new Map<string, ReadonlyMap<string, string>>();

  /** The first text that was the same. */
  text(text: string): string {
    return first(this.#texts, text, text, MAX_DIFFERENT_TEXTS);
  }

  /** The first list that had the same tags in the same order. */
  tags(tags: readonly string[]): readonly string[] {
    return first(this.#tags, JSON.stringify(tags), tags);
  }

  /** The first map that had the same entries in the same order. */
  meta(meta: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    return first(this.#meta, JSON.stringify([...meta]), meta);
  }
}

function first<T>(known: Map<string, T>, key: string, value: T, most = MAX_DIFFERENT): T {
  const same = known.get(key);
  if (same !== undefined) return same;
  // All are different, or have become so: what is known is of no more use.
  if (known.size >= most) known.clear();
  known.set(key, value);
  return value;
}
