import { type Bound, counterFamily, type Family, gaugeFamily, histogramFamily } from './family.ts';
import type { MetricDefinition } from './metric-definition.ts';
import type { Counter, Gauge, Histogram } from './series.ts';

/** A definition whose kind follows from the method that takes it. */
export type Definition = Omit<MetricDefinition, 'kind'>;

/** All metrics of the process: the one source that Prometheus text, OTLP and the dashboard read. */
export class Registry {
  readonly #families = new Map<string, Family<Bound>>();
  readonly #collectors = new Set<() => void>();

  /** A family of counters; the same one for the same name. */
  counter(definition: Definition): Family<Counter> {
    return this.#add({ ...definition, kind: 'counter' }, counterFamily);
  }

  /** A family of gauges. */
  gauge(definition: Definition): Family<Gauge> {
    return this.#add({ ...definition, kind: 'gauge' }, gaugeFamily);
  }

  /** A family whose series are always 1 and speak by their labels; set the bound gauge to 1. */
  info(definition: Definition): Family<Gauge> {
    return this.#add({ ...definition, kind: 'info' }, gaugeFamily);
  }

  /** A family of histograms. */
  histogram(definition: Definition): Family<Histogram> {
    return this.#add({ ...definition, kind: 'histogram' }, histogramFamily);
  }

  /** Calls `collector` before each reading, to set what is only known by looking (memory, ages). Returns the way to stop. */
  onCollect(collector: () => void): () => void {
    this.#collectors.add(collector);
    return () => void this.#collectors.delete(collector);
  }

  /** Runs the collectors and gives every family that has series, by name. */
  collect(): readonly Family<Bound>[] {
    for (const collector of this.#collectors) collector();
    const filled = [...this.#families.values()].filter(({ size }) => size > 0);
    return filled.sort((a, b) => (a.prometheusName < b.prometheusName ? -1 : 1));
  }

  /** Removes all series with this label value in every family: what happens when an upstream is gone. */
  forget(label: string, value: string): void {
    for (const family of this.#families.values()) family.forget(label, value);
  }

  #add<B extends Bound>(definition: MetricDefinition, make: (definition: MetricDefinition) => Family<B>): Family<B> {
    const known = this.#families.get(definition.name);
    if (known !== undefined) {
      if (known.definition.kind === definition.kind) return known as Family<Bound> as Family<B>;
      throw new RangeError(`${definition.name} is a ${known.definition.kind} already, not a ${definition.kind}`);
    }
    const family = make(definition);
    this.#families.set(definition.name, family as Family<Bound> as Family<Bound>);
    return family;
  }
}
