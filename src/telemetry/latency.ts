import type { Family } from './family.ts';
import { FINE_BUCKETS, quantile } from './fine-buckets.ts';
import type { Histogram } from './series.ts';

/** How the values of one label value were spread over a while. */
export interface LatencySummary {
  /** How many there were. */
  readonly count: number;
  /** Seconds; undefined when there were none. Within about 3 % of the truth. */
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
}

/**
 * Latency quantiles since the last look, for one label value over all series that have it: what the dashboard shows for
 * an upstream. Each viewer keeps its own, so that two do not take the numbers from each other.
 */
export class LatencyWindow {
  readonly #family: Family<Histogram>;
  readonly #labelIndex: number;
  readonly #value: string;
  #before: Float64Array = new Float64Array(FINE_BUCKETS);

  /** `label` is one of the family's, as `upstream`. */
  constructor(family: Family<Histogram>, label: string, value: string) {
    this.#family = family;
    this.#labelIndex = family.definition.labels.indexOf(label);
    this.#value = value;
  }

  /** The summary since the last call, or since the start at the first one. */
  next(): LatencySummary {
    const total = new Float64Array(FINE_BUCKETS);
    for (const { values, series } of this.#family.list()) {
      if (values[this.#labelIndex] !== this.#value) continue;
      const { fine } = series.read();
      for (let bucket = 0; bucket < FINE_BUCKETS; bucket++) (total[bucket] as number) += fine[bucket] as number;
    }
    const recent = total.map((count, bucket) => Math.max(0, count - (this.#before[bucket] as number)));
    this.#before = total;
    const count = recent.reduce((sum, inside) => sum + inside, 0);
    return { count, p50: quantile(recent, 0.5), p90: quantile(recent, 0.9), p99: quantile(recent, 0.99) };
  }
}
