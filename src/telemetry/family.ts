import { durationBuckets, type MetricDefinition, prometheusName } from './metric-definition.ts';
import { Bounds, Counter, Gauge, Histogram, histogramWidth, SlotPool } from './series.ts';

/** A bound series of any kind. */
export type Bound = Counter | Gauge | Histogram;

/** A series and the values of its family's labels, in the definition's order. */
export interface Labelled<B extends Bound> {
  readonly values: readonly string[];
  readonly series: B;
}

/** No metric may have more series than this; what comes after shares one. Guards memory against a caller's mistake. */
const MAX_SERIES = 20_000;

/** The value of every label of the series that is shared once a family is full. */
const OVERFLOW = '_overflow';

/**
 * All series of one metric: binds label values to a series once, and the series is then used without looking anything
 * up. Label values are ours (upstream names, methods from a closed list), never what a caller typed.
 */
export class Family<B extends Bound> {
  readonly definition: MetricDefinition;
  /** The name in Prometheus text. */
  readonly prometheusName: string;
  readonly #width: number;
  readonly #pool: SlotPool;
  readonly #make: (slot: ReturnType<SlotPool['take']>) => B;
  readonly #series = new Map<string, Labelled<B>>();

  constructor(definition: MetricDefinition, width: number, make: (slot: ReturnType<SlotPool['take']>) => B) {
    this.definition = definition;
    this.prometheusName = prometheusName(definition);
    this.#width = width;
    this.#pool = new SlotPool(width);
    this.#make = make;
  }

  /**
   * The series with these label values, made at the first call; the same object while it exists.
   * @throws RangeError when the number of values is not that of the labels: a mistake in our code
   */
  bind(...values: readonly string[]): B {
    const { name, labels } = this.definition;
    if (values.length !== labels.length) {
      throw new RangeError(`${name} has ${labels.length} labels (${labels.join(', ')}), got ${values.length} values`);
    }
    const key = values.join('\0');
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    if (this.#series.size >= MAX_SERIES && values.some((value) => value !== OVERFLOW)) {
      return this.bind(...labels.map(() => OVERFLOW));
    }
    const series = this.#make(this.#pool.take());
    this.#series.set(key, { values: [...values], series });
    return series;
  }

  /** Removes the series with these values. Handles to it go on working and count into nothing. */
  unbind(...values: readonly string[]): void {
    const key = values.join('\0');
    const known = this.#series.get(key);
    if (known === undefined) return;
    this.#series.delete(key);
    this.#pool.give(known.series.release(this.#width));
  }

  /** Removes every series whose `label` has `value`; none if the family has no such label. */
  forget(label: string, value: string): void {
    const index = this.definition.labels.indexOf(label);
    if (index < 0) return;
    for (const { values } of [...this.#series.values()]) if (values[index] === value) this.unbind(...values);
  }

  /** Every series there is, in the order of binding. */
  list(): Iterable<Labelled<B>> {
    return this.#series.values();
  }

  /** How many series there are. */
  get size(): number {
    return this.#series.size;
  }
}

/** A family of counters. Made by the registry. */
export function counterFamily(definition: MetricDefinition): Family<Counter> {
  return new Family(definition, 1, (slot) => new Counter(slot));
}

/** A family of gauges (or of one `info`). Made by the registry. */
export function gaugeFamily(definition: MetricDefinition): Family<Gauge> {
  return new Family(definition, 1, (slot) => new Gauge(slot));
}

/** A family of histograms. Made by the registry. */
export function histogramFamily(definition: MetricDefinition): Family<Histogram> {
  const bounds = new Bounds(definition.buckets ?? durationBuckets);
  return new Family(definition, histogramWidth(bounds), (slot) => new Histogram(slot, bounds));
}
