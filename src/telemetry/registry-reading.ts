import type { Bound } from './family.ts';
import { fineGain } from './fine-tally.ts';
import type { Registry } from './registry.ts';
import { Counter, type Exemplar, Gauge, type Histogram, type HistogramGain, type HistogramReading } from './series.ts';

/** One series of a reading; `values` are its labels' values. */
interface Read<V> {
  /** The family's OpenTelemetry name. */
  readonly name: string;
  readonly values: readonly string[];
  readonly value: V;
}

/** A registry, for another process: plain data that structured clone copies. */
export interface RegistryReading {
  /** What counters gained since the last reading; those that gained nothing are left out. */
  readonly counters: readonly Read<number>[];
  readonly histograms: readonly Read<HistogramGain>[];
  /** All gauges as they are. */
  readonly gauges: readonly Read<number>[];
}

/**
 * Reads a registry again and again, each time only what was gained since the time before: whoever adds the readings up
 * has the totals, also those of a process that has ended since.
 */
export class RegistryReader {
  readonly #registry: Registry;
  readonly #counted = new WeakMap<Bound, number>();
  readonly #measured = new WeakMap<Bound, HistogramReading>();
  readonly #shown = new WeakSet<Exemplar>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  read(): RegistryReading {
    const counters: Read<number>[] = [];
    const histograms: Read<HistogramGain>[] = [];
    const gauges: Read<number>[] = [];
    for (const family of this.#registry.collect()) {
      const { name } = family.definition;
      for (const { values, series } of family.list()) {
        if (series instanceof Gauge) {
          gauges.push({ name, values, value: series.value });
        } else if (series instanceof Counter) {
          const value = this.#gainOf(series);
          if (value !== 0) counters.push({ name, values, value });
        } else {
          const value = this.#histogramGainOf(series);
          if (value !== undefined) histograms.push({ name, values, value });
        }
      }
    }
    return { counters, histograms, gauges };
  }

  #gainOf(counter: Counter): number {
    const { value } = counter;
    const gain = value - (this.#counted.get(counter) ?? 0);
    this.#counted.set(counter, value);
    return gain;
  }

  #histogramGainOf(histogram: Histogram): HistogramGain | undefined {
    const now = histogram.read();
    const before = this.#measured.get(histogram);
    if (now.count === (before?.count ?? 0)) return undefined;
    this.#measured.set(histogram, now);
    return {
      sum: now.sum - (before?.sum ?? 0),
      buckets: now.buckets.map((value, index) => value - (before?.buckets[index] ?? 0)),
      fine: fineGain(now.fine, before?.fine),
      exemplars: [...now.buckets.keys()].flatMap((bucket) => {
        const exemplar = histogram.exemplar(bucket);
        if (exemplar === undefined || this.#shown.has(exemplar)) return [];
        this.#shown.add(exemplar);
        return [[bucket, exemplar] as const];
      }),
    };
  }
}
