/** Lets only so many at once. */
export class Limit {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs `work` when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** Runs `work` for each, at most so many at once; waits until every one has ended, then throws the first error. */
  async each<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): Promise<readonly R[]> {
    const results = await Promise.allSettled([...items].map((item) => this.run(() => work(item))));
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }
}
