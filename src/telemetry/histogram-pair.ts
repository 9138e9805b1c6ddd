import type { Histogram, LateValues } from './series.ts';

/** So many share what it costs to reach both histograms; more would save little, and each upstream has room for them. */
const MOST_WAITING = 16;

/**
 * Values that count in two histograms of the same bounds. They wait until there are a few, or until somebody reads: counted
 * one by one, each would fetch some twenty lines of memory to the cache, from which other work has pushed them since.
 */
export class HistogramPair implements LateValues {
  readonly #one: Histogram;
  readonly #other: Histogram;
  readonly #waiting: number[] = new Array(MOST_WAITING).fill(0);
  #count = 0;

  private constructor(one: Histogram, other: Histogram) {
    this.#one = one;
    this.#other = other;
    one.readsAfter(this);
    other.readsAfter(this);
  }

  /** The pair of these two, made at the first call. */
  static of(one: Histogram, other: Histogram): HistogramPair {
    for (const late of one.late) if (late instanceof HistogramPair && late.#other === other) return late;
    return new HistogramPair(one, other);
  }

  /** Counts `measured` in both, in their unit, as {@link Histogram.record} does. */
  record(measured: number): void {
    this.#waiting[this.#count] = measured;
    this.#count += 1;
    if (this.#count === MOST_WAITING) this.settle();
  }

  settle(): void {
    for (let index = 0; index < this.#count; index++) this.#one.recordWith(this.#other, this.#waiting[index] as number);
    this.#count = 0;
  }
}
