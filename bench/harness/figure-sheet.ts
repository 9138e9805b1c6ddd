import { writeFileSync } from 'node:fs';
import { spreadOf } from './quantiles.ts';
import type { MachineFacts } from './result.ts';

/** What a bench of one question gave, as kept in bench/results/. */
export interface FigureSheet {
  /** Names the file and the place in docs/performance.md. */
  readonly bench: string;
  readonly date: string;
  readonly command: string;
  readonly machine: MachineFacts;
  /** What processes other than the bench's took meanwhile, in cores. */
  readonly strangerCores: number;
  /** Of the figures, with their units. */
  readonly columns: readonly string[];
  readonly rows: readonly FigureRow[];
  /** What each value is of; default: alternating rounds. */
  readonly values?: string;
  /** What a reader must know beside the figures. */
  readonly notes?: readonly string[];
}

/** A contestant, and for each column its values; none where a column does not apply. */
export interface FigureRow {
  readonly name: string;
  readonly figures: readonly (readonly number[])[];
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const { median, min, max } = spreadOf(values);
  const shown = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  return values.length === 1 ? shown(median) : `${shown(median)} (${shown(min)}–${shown(max)})`;
}

/** Medians, with least and greatest, as Markdown; and how they came about. */
export function sheetTable(sheet: FigureSheet): string {
  const {
    columns,
    rows,
    values: what = 'alternating rounds',
    notes = [],
    machine,
    date,
    strangerCores,
    command,
  } = sheet;
  const rounds = Math.max(0, ...rows.flatMap(({ figures }) => figures.map((values) => values.length)));
  return [
    `| | ${columns.join(' | ')} |`,
    `| --- |${columns.map(() => ' --: |').join('')}`,
    ...rows.map(({ name, figures }) => `| ${name} | ${figures.map(cell).join(' | ')} |`),
    ...notes.flatMap((note) => ['', note]),
    '',
    `Median (least–greatest) of ${rounds} ${what}, ${date}, commit ${machine.commit}, Node ${machine.node}; others took ${strangerCores.toFixed(2)} cores meanwhile.`,
    '',
    '```sh',
    command,
    '```',
  ].join('\n');
}

/** Keeps a sheet in bench/results/, from where `bench/render.ts` puts it into the docs. */
export function saveSheet(sheet: FigureSheet): void {
  const file = new URL(`../results/${sheet.date}-${sheet.bench}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(sheet, undefined, 1)}\n`);
}
