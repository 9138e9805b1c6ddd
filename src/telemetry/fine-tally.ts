/** Counts on the scale of `fine-buckets.ts`, plain data: `counts[n]` is that of bucket `from + n`, all others are 0. */
export interface FineCounts {
  readonly from: number;
  readonly counts: readonly number[];
}

/** It grows by blocks of so many buckets, half a power of two. */
const BLOCK_BITS = 3;
const BLOCK = 1 << BLOCK_BITS;
/** For those that have counted nothing; never written. */
const NONE: number[] = [];

/**
 * Counts that grow with the range of what was counted: most series see a few latencies that lie close together, and
 * room for all of the scale would be 3 kB for each. An array of small integers, which V8 makes one of doubles when a
 * count grows beyond 32 bits.
 */
export class FineTally implements FineCounts {
  from = 0;
  counts: number[] = NONE;

  /** Counts `n` in a bucket. Allocates only when it has to grow. */
  add(bucket: number, n: number): void {
    let at = bucket - this.from;
    if (at < 0 || at >= this.counts.length) {
      this.#cover(bucket);
      at = bucket - this.from;
    }
    this.counts[at] = (this.counts[at] as number) + n;
  }

  /** Adds all of `others`. */
  addAll({ from, counts }: FineCounts): void {
    for (const [index, n] of counts.entries()) if (n !== 0) this.add(from + index, n);
  }

  /** The counts as they are now. */
  copy(): FineCounts {
    return { from: this.from, counts: this.counts.slice() };
  }

  #cover(bucket: number): void {
    const isEmpty = this.counts.length === 0;
    const start = (bucket >> BLOCK_BITS) << BLOCK_BITS;
    const from = isEmpty ? start : Math.min(this.from, start);
    const end = Math.max(isEmpty ? 0 : this.from + this.counts.length, start + BLOCK);
    const counts = new Array<number>(end - from).fill(0);
    for (const [index, n] of this.counts.entries()) counts[this.from - from + index] = n;
    this.from = from;
    this.counts = counts;
  }
}

/** What `now` has more than `before`, nowhere below 0. */
export function fineGain(now: FineCounts, before: FineCounts | undefined): FineCounts {
  if (before === undefined) return now;
  const shift = now.from - before.from;
  return { from: now.from, counts: now.counts.map((n, index) => Math.max(0, n - (before.counts[shift + index] ?? 0))) };
}
