import type { Bound, Family } from './family.ts';
import type { PilotfishMetrics } from './pilotfish-metrics.ts';
import type { RegistryReading } from './registry-reading.ts';
import { Counter, Gauge, Histogram } from './series.ts';

/** How the values of several processes become one: added, or the greatest of them. A gauge not named here is the primary's. */
const gaugeRules: ReadonlyMap<string, 'sum' | 'greatest'> = new Map([
  ['http.server.active_requests', 'sum'],
  ['http.client.active_requests', 'sum'],
  ['http.client.open_connections', 'sum'],
  ['pilotfish.proxy.connections', 'sum'],
  ['v8js.memory.heap.used', 'sum'],
  ['v8js.memory.heap.limit', 'sum'],
  ['pilotfish.memory.external', 'sum'],
  ['process.memory.usage', 'sum'],
  ['process.open_file_descriptor.count', 'sum'],
  ['pilotfish.node.resources', 'sum'],
  ['pilotfish.upstream.endpoints', 'greatest'],
  ['pilotfish.upstream.panic', 'greatest'],
  ['pilotfish.catalog.age', 'greatest'],
  ['pilotfish.upstreams', 'greatest'],
  ['pilotfish.event_loop.delay', 'greatest'],
  ['nodejs.eventloop.utilization', 'greatest'],
]);

/** A gauge that shows several processes. */
interface Shown {
  readonly name: string;
  readonly values: readonly string[];
  readonly gauge: Gauge;
  /** What this process itself last set; undefined: nothing. */
  own: number | undefined;
  shown: number;
}

/**
 * Makes the metrics of this process those of several: counters and histograms gain what the others gained, gauges are
 * added up or show the greatest value. A process that has ended takes its gauges with it, never its counts.
 */
export class RegistrySum {
  readonly #families: ReadonlyMap<string, Family<Bound>>;
  readonly #latest = new Map<number, RegistryReading['gauges']>();
  readonly #shown = new Map<string, Shown>();

  constructor(metrics: PilotfishMetrics) {
    const families: readonly Family<Counter | Gauge | Histogram>[] = Object.values(metrics);
    this.#families = new Map(families.map((family) => [family.definition.name, family as Family<Bound>]));
  }

  /** Adds what a process gained, and keeps its gauges until its next reading. */
  add(from: number, { counters, histograms, gauges }: RegistryReading): void {
    this.#latest.set(from, gauges);
    for (const { name, values, value } of counters) {
      const series = this.#families.get(name)?.bind(...values);
      if (series instanceof Counter) series.add(value);
    }
    for (const { name, values, value } of histograms) {
      const series = this.#families.get(name)?.bind(...values);
      if (series instanceof Histogram) series.absorb(value);
    }
  }

  /** The process has ended. */
  forget(from: number): void {
    this.#latest.delete(from);
  }

  /** Sets the gauges; called before each reading of this registry, after all others that set gauges. */
  collect(): void {
    const totals = new Map<string, number>();
    for (const gauges of this.#latest.values()) {
      for (const { name, values, value } of gauges) {
        const rule = gaugeRules.get(name);
        if (rule === undefined) continue;
        const key = [name, ...values].join('\0');
        const shown = this.#shownOf(key, name, values);
        if (shown === undefined) continue;
        const before = totals.get(key) ?? shown.own ?? 0;
        totals.set(key, rule === 'sum' ? before + value : Math.max(before, value));
      }
    }
    for (const [key, shown] of this.#shown) {
      const total = totals.get(key);
      if (total === undefined) this.#withdraw(key, shown);
      else this.#show(shown, total);
    }
  }

  #shownOf(key: string, name: string, values: readonly string[]): Shown | undefined {
    const family = this.#families.get(name);
    if (family === undefined) return undefined;
    const sizeBefore = family.size;
    const gauge = family.bind(...values);
    const isNew = family.size > sizeBefore;
    if (!(gauge instanceof Gauge)) return undefined;
    let shown = this.#shown.get(key);
    if (shown === undefined || shown.gauge !== gauge) {
      shown = { name, values, gauge, own: isNew ? undefined : gauge.value, shown: gauge.value };
      this.#shown.set(key, shown);
    } else if (gauge.value !== shown.shown) {
      // Set by this process itself since.
      shown.own = gauge.value;
      shown.shown = gauge.value;
    }
    return shown;
  }

  #show(shown: Shown, total: number): void {
    shown.gauge.set(total);
    shown.shown = total;
  }

  #withdraw(key: string, { name, values, gauge, own }: Shown): void {
    this.#shown.delete(key);
    if (own === undefined) this.#families.get(name)?.unbind(...values);
    else gauge.set(own);
  }
}
