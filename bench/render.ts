// Puts the newest result of each scenario into docs/performance.md, between `<!-- bench:NAME -->` and `<!-- /bench -->`,
// and draws docs/images/cpu-per-request.svg. `node bench/render.ts`. Writes nothing that no run measured.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { barChart } from './harness/bar-chart.ts';
import { type Budget, budgetTable, layersTable } from './harness/budget.ts';
import { type FigureSheet, sheetTable } from './harness/figure-sheet.ts';
import { spreadOf } from './harness/quantiles.ts';
import { whereOthersWin } from './harness/ranking.ts';
import { type Result, valuesOf } from './harness/result.ts';
import { resultTable } from './harness/result-table.ts';
import { scenarios } from './harness/scenarios.ts';

const page = new URL('../docs/performance.md', import.meta.url);
const chart = new URL('../docs/images/cpu-per-request.svg', import.meta.url);
const directory = new URL('./results/', import.meta.url);

/** Benches of one question each. */
const SHEETS: readonly string[] = ['start', 'memory', 'memory-large', 'workers', 'telemetry-cost'];

function sheetSection(name: string): string {
  const file = readdirSync(directory)
    .filter((candidate) => candidate.slice(11) === `${name}.json`)
    .sort()
    .at(-1);
  if (file === undefined) return 'Not measured yet.';
  return sheetTable(JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as FigureSheet);
}

/** The newest result of each scenario, in the scenarios' order. */
function newestResults(): Map<string, Result> {
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort();
  const newest = new Map<string, Result>();
  for (const { name } of scenarios) {
    const file = files.findLast((candidate) => candidate.slice(11) === `${name}.json`);
    if (file !== undefined) newest.set(name, JSON.parse(readFileSync(new URL(file, directory), 'utf8')));
  }
  return newest;
}

function busiest(result: Result): string {
  const shares = result.rows.flatMap(({ rounds }) => rounds.map(({ strangerCores }) => strangerCores));
  return Math.max(0, ...shares).toFixed(2);
}

function section(result: Result): string {
  const { rounds = [] } = result.rows[0] ?? {};
  const how = `${rounds.length} rounds of ${result.seconds} s, ${result.date}, commit ${result.machine.commit}, origin ${result.origin}; others took up to ${busiest(result)} cores in the worst round.`;
  return `${resultTable(result)}\n\n${how}\n\n\`\`\`sh\n${result.command}\n\`\`\``;
}

function machineSection(results: readonly Result[]): string {
  const seen = new Set(
    results.map(
      ({ machine: { cpu, cores, memoryGib, kernel, node, wrk, nginx } }) =>
        `${cpu}, ${cores} cores, ${memoryGib} GiB, Linux ${kernel}; Node ${node}, wrk ${wrk}, nginx ${nginx} as the origin`,
    ),
  );
  return [...seen].map((facts) => `- ${facts}`).join('\n');
}

function contestantSection(results: readonly Result[]): string {
  const rows = new Map(results.flatMap((result) => result.rows.map((row) => [row.about, row] as const)));
  const lines = [...rows.values()].map(
    ({ name, version, about, forwardingFields }) =>
      `| ${name.split(' ')[0]} | ${version} | ${about} | ${forwardingFields.join(', ') || 'none'} |`,
  );
  return ['| | version | what it is | forwarding fields it adds |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** pilotfish in full, and layer by layer beside the others that were profiled. */
function profileSection(): string {
  const budgets = readdirSync(directory)
    .filter((file) => /^profile-small-get-.*\.json$/.test(file))
    .map((file): Budget => JSON.parse(readFileSync(new URL(file, directory), 'utf8')))
    .sort((a, b) => a.microsPerUnit - b.microsPerUnit);
  const own = budgets.find(({ contestant }) => contestant === 'pilotfish');
  if (own === undefined) return 'Not measured yet.';
  const commands = budgets.map(
    ({ contestant }) => `BENCH_PILOTFISH=src/cli/main.ts node bench/profile.ts ${contestant} small-get`,
  );
  const when = `Measured ${own.date}, commit ${own.commit}.`;
  return `${layersTable(budgets)}\n\n${when}\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\`\n\npilotfish in full:\n\n${budgetTable(own)}`;
}

function content(name: string, results: ReadonlyMap<string, Result>): string {
  const all = [...results.values()];
  if (name === 'machine') return machineSection(all);
  if (name === 'contestants') return contestantSection(all);
  if (name === 'others-win') return all.flatMap(whereOthersWin).join('\n') || 'No run with pilotfish yet.';
  if (name === 'profile') return profileSection();
  if (SHEETS.includes(name)) return sheetSection(name);
  const result = results.get(name);
  return result === undefined ? 'Not measured yet.' : section(result);
}

function drawChart(result: Result): void {
  const bars = result.rows
    .map((row) => ({
      label: row.name,
      value: spreadOf(valuesOf(row, 'cpuMicrosPerUnit')),
      isOwn: row.kind === 'own',
    }))
    .sort((a, b) => a.value.median - b.value.median);
  const subtitle =
    'µs of the proxy’s own processes, small keep-alive GET, 64 connections; median, least–most; shorter is better';
  mkdirSync(new URL('.', chart), { recursive: true });
  writeFileSync(chart, barChart('CPU time per request through each proxy', subtitle, bars));
}

const results = newestResults();
const rendered = readFileSync(page, 'utf8').replace(
  /<!-- bench:([a-z0-9-]+) -->[\s\S]*?<!-- \/bench -->/g,
  (_, name: string) => `<!-- bench:${name} -->\n${content(name, results)}\n<!-- /bench -->`,
);
writeFileSync(page, rendered);
const smallGet = results.get('small-get');
if (smallGet !== undefined) drawChart(smallGet);
