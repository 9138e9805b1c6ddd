import { type Place, tallySamples } from './sample-tally.ts';

/** Where the CPU time of one contestant in one scenario goes, as kept in bench/results/. */
export interface Budget {
  readonly contestant: string;
  readonly scenario: string;
  readonly unit: string;
  readonly date: string;
  readonly commit: string;
  readonly samples: number;
  readonly microsPerUnit: number;
  /** The dearest first. */
  readonly places: readonly (Place & { readonly micros: number })[];
}

/** A place with less than this is summed up as the rest of its layer. */
const LEAST_MICROS = 0.1;

/** Shares CPU time out over the samples of `perf script`; what is below 0.1 µs becomes one place per layer. */
export function budgetPlaces(script: string, microsPerUnit: number): Pick<Budget, 'samples' | 'places'> {
  const tally = tallySamples(script);
  const samples = tally.reduce((sum, entry) => sum + entry.samples, 0);
  const places = new Map<string, Place & { micros: number }>();
  for (const entry of tally) {
    const micros = (entry.samples / samples) * microsPerUnit;
    const what = micros < LEAST_MICROS ? `everything below ${LEAST_MICROS} µs` : entry.place.what;
    const key = `${entry.place.layer}|${what}`;
    const place = places.get(key);
    if (place === undefined) places.set(key, { layer: entry.place.layer, what, micros });
    else place.micros += micros;
  }
  return { samples, places: [...places.values()].sort((a, b) => b.micros - a.micros) };
}

function layersOf(budget: Budget): Map<string, number> {
  const layers = new Map<string, number>();
  for (const { layer, micros } of budget.places) layers.set(layer, (layers.get(layer) ?? 0) + micros);
  return layers;
}

/** One budget in full, the dearest layer first, as Markdown. */
export function budgetTable(budget: Budget): string {
  const layers = [...layersOf(budget)].sort(([, a], [, b]) => b - a);
  return [
    `| layer | where | µs per ${budget.unit} |`,
    '| --- | --- | --: |',
    ...layers.flatMap(([layer, micros]) => [
      `| **${layer}** | | **${micros.toFixed(2)}** |`,
      ...budget.places
        .filter((place) => place.layer === layer)
        .map((place) => `| | ${place.what.replaceAll('|', '\\|')} | ${place.micros.toFixed(2)} |`),
    ]),
    `| **all** | ${budget.samples} samples | **${budget.microsPerUnit.toFixed(2)}** |`,
  ].join('\n');
}

/** Several contestants side by side, layer by layer, as Markdown. */
export function layersTable(budgets: readonly Budget[]): string {
  const all = budgets.map(layersOf);
  const layers = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['µs per request', ...budgets.map(({ contestant }) => contestant)]),
    line(['---', ...budgets.map(() => '--:')]),
    ...layers.map((layer) => line([layer, ...all.map((one) => one.get(layer)?.toFixed(2) ?? '')])),
    line(['**all**', ...budgets.map(({ microsPerUnit }) => `**${microsPerUnit.toFixed(2)}**`)]),
  ].join('\n');
}
