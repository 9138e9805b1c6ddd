import type { Topics } from './store/ledger.ts';

/**
 * Who waits for what. A topic is exactly one watched thing (a service's index, a table, a KV key); waiting for a KV
 * prefix is the one case of a topic that stands for many. Only those whose topic changed are woken.
 */
export class Waiters {
  readonly #exact = new Map<string, Set<() => void>>();
  readonly #prefixes = new Map<string, Set<() => void>>();

  /** Waits for a change of any of `topics`; a topic that ends in `*` is a prefix. Returns how to stop waiting. */
  add(topics: Iterable<string>, wake: () => void): () => void {
    const joined: [Map<string, Set<() => void>>, string][] = [];
    for (const topic of topics) {
      const isPrefix = topic.endsWith('*');
      const table = isPrefix ? this.#prefixes : this.#exact;
      const key = isPrefix ? topic.slice(0, -1) : topic;
      const waiting = table.get(key) ?? new Set();
      waiting.add(wake);
      table.set(key, waiting);
      joined.push([table, key]);
    }
    return () => {
      for (const [table, key] of joined) {
        const waiting = table.get(key);
        waiting?.delete(wake);
        if (waiting?.size === 0) table.delete(key);
      }
    };
  }

  /** Wakes everyone who waits for one of `topics`, each once. */
  wake(topics: Topics): void {
    const woken = new Set<() => void>();
    for (const topic of topics) {
      for (const wake of this.#exact.get(topic) ?? []) woken.add(wake);
      for (const [prefix, waiting] of this.#prefixes) {
        if (topic.startsWith(prefix)) for (const wake of waiting) woken.add(wake);
      }
    }
    for (const wake of woken) wake();
  }

  /** How many wait for something; for tests and for the number of open watches. */
  get size(): number {
    let size = 0;
    for (const waiting of [...this.#exact.values(), ...this.#prefixes.values()]) size += waiting.size;
    return size;
  }
}
