import { spreadOf } from './quantiles.ts';
import { type Figure, type Result, type Row, valuesOf } from './result.ts';

function median(row: Row, figure: Figure): number | undefined {
  const values = valuesOf(row, figure);
  return values.length === 0 ? undefined : spreadOf(values).median;
}

/** Three digits that mean something: 12.3, 123, 1,234. */
function digits(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function withSpread(row: Row, figure: Figure): string {
  const values = valuesOf(row, figure);
  if (values.length === 0) return '';
  const spread = spreadOf(values);
  return values.length === 1
    ? digits(spread.median)
    : `${digits(spread.median)} (${digits(spread.min)}–${digits(spread.max)})`;
}

function ratio(row: Row, reference: Row | undefined): string {
  const own = median(row, 'cpuMicrosPerUnit');
  const other = reference === undefined ? undefined : median(reference, 'cpuMicrosPerUnit');
  return own === undefined || other === undefined || other === 0 ? '' : (own / other).toFixed(2);
}

/** The npm proxy with the least CPU time, if any took part. */
function bestNpm(rows: readonly Row[]): Row | undefined {
  const cost = (row: Row): number => median(row, 'cpuMicrosPerUnit') ?? Number.POSITIVE_INFINITY;
  return rows.filter(({ kind }) => kind === 'npm').toSorted((a, b) => cost(a) - cost(b))[0];
}

type Column = readonly [heading: string, cell: (row: Row) => string];

function columns({ rows, unit }: Result): Column[] {
  const haproxy = rows.find(({ name }) => name.startsWith('haproxy'));
  const npm = bestNpm(rows);
  const perSecond = { request: 'requests/s', message: 'messages/s', MiB: 'MiB/s' }[unit];
  const all: Column[] = [
    ['', (row) => (row.kind === 'own' ? `**${row.name}**` : row.name)],
    [`CPU µs per ${unit} (least–most)`, (row) => withSpread(row, 'cpuMicrosPerUnit')],
    [`× ${haproxy?.name ?? 'haproxy'}`, (row) => ratio(row, haproxy)],
    [`× ${npm?.name ?? 'npm'}`, (row) => ratio(row, npm)],
    [perSecond, (row) => withSpread(row, 'unitsPerSecond')],
    ['p50 ms', (row) => digits(median(row, 'p50Ms'))],
    ['p99 ms', (row) => withSpread(row, 'p99Ms')],
    ['p99.9 ms', (row) => digits(median(row, 'p999Ms'))],
    ['load late p99 ms', (row) => digits(median(row, 'lateP99Ms'))],
    ['RSS MiB', (row) => digits((median(row, 'rssBytes') ?? 0) / 1024 ** 2)],
    ['errors', (row) => String(row.rounds.reduce((sum, { errors }) => sum + errors, 0))],
  ];
  return all.filter(([, cell]) => rows.some((row) => cell(row) !== ''));
}

/** A result as a Markdown table, cheapest first; medians over the rounds. */
export function resultTable(result: Result): string {
  const shown = columns(result);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cost = (row: Row): number => median(row, 'cpuMicrosPerUnit') ?? 0;
  return [
    line(shown.map(([heading]) => heading)),
    line(shown.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...result.rows.toSorted((a, b) => cost(a) - cost(b)).map((row) => line(shown.map(([, cell]) => cell(row)))),
    ...result.notes.map((note) => `\n${note}`),
    ...result.excluded.map(({ name, reasons }) => `\nNot timed: ${name} (${reasons.join('; ')}).`),
  ].join('\n');
}
