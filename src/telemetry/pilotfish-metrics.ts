import { counterTable } from './counter-table.ts';
import type { Family } from './family.ts';
import { gaugeTable, infoTable } from './gauge-table.ts';
import { histogramTable } from './histogram-table.ts';
import type { Definition, Registry } from './registry.ts';
import type { Counter, Gauge, Histogram } from './series.ts';

/** Every family of the metric table, by its key there. */
export type PilotfishMetrics = Readonly<
  Record<keyof typeof counterTable, Family<Counter>> &
    Record<keyof typeof gaugeTable, Family<Gauge>> &
    Record<keyof typeof histogramTable, Family<Histogram>> &
    Record<keyof typeof infoTable, Family<Gauge>>
>;

/** Registers the metric table. Nothing is exported before a series of a family is bound. */
export function pilotfishMetrics(registry: Registry): PilotfishMetrics {
  return {
    ...each(counterTable, (definition) => registry.counter(definition)),
    ...each(gaugeTable, (definition) => registry.gauge(definition)),
    ...each(histogramTable, (definition) => registry.histogram(definition)),
    ...each(infoTable, (definition) => registry.info(definition)),
  };
}

function each<K extends string, F>(table: Readonly<Record<K, Definition>>, make: (row: Definition) => F): Record<K, F> {
  const entries = Object.entries(table) as [K, Definition][];
  return Object.fromEntries(entries.map(([key, row]) => [key, make(row)])) as Record<K, F>;
}
