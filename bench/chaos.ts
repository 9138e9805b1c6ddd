// The fault bench: `npm run chaos -- [--scenario NAME,…] [--registry real|embedded] [--quick] [--list] [--no-write]`.
// Plays each scenario on a stage of its own (registry, apps, sidecars, load: all real processes on loopback), prints a row
// for each, writes bench/results/DATE-chaos.json and .md, and ends with 1 if anything that must be so was not.
// `BENCH_PILOTFISH` names another entry point than the source, such as dist/cli/main.js; memory is only worth measuring there.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { allScenarios } from './chaos/all-scenarios.ts';
import { play, registryFor } from './chaos/play.ts';
import { hasRealConsul, type RegistryKindName } from './chaos/registry.ts';
import { type ChaosRow, rowOf, tableOf } from './chaos/result-row.ts';
import { machineFacts } from './harness/machine-facts.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    registry: { type: 'string' },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
  },
});

function chosen(): typeof allScenarios {
  if (values.scenario === undefined) return allScenarios.filter(({ isLong }) => isLong !== true);
  const names = values.scenario.split(',');
  const unknown = names.filter((name) => !allScenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; --list shows them`);
  return allScenarios.filter(({ name }) => names.includes(name));
}

function registryKind(): RegistryKindName | undefined {
  const { registry } = values;
  if (registry === undefined) return undefined;
  if (registry !== 'real' && registry !== 'embedded')
    throw new Error(`--registry is real or embedded, not ${registry}`);
  if (registry === 'real' && !hasRealConsul) throw new Error('--registry real needs CONSUL_BIN');
  return registry;
}

/** Adds rows to those of earlier runs of the day: a row is replaced by a newer one of its scenario. */
function write(rows: readonly ChaosRow[]): void {
  const base = new URL(`./results/${new Date().toISOString().slice(0, 10)}-chaos`, import.meta.url).pathname;
  let earlier: readonly ChaosRow[] = [];
  try {
    earlier = (JSON.parse(readFileSync(`${base}.json`, 'utf8')) as { rows: ChaosRow[] }).rows;
  } catch {
    // The first run of the day.
  }
  const newest = new Map([...earlier, ...rows].map((row) => [row.name, row]));
  const inOrder = allScenarios.map(({ name }) => newest.get(name)).filter((row) => row !== undefined);
  // A run of hours may end when there are scenarios that it did not know of.
  const merged = [...new Set([...inOrder, ...newest.values()])];
  const { cpu, cores, memoryGib, kernel, node } = machine;
  writeFileSync(
    `${base}.json`,
    `${JSON.stringify({ machine: { cpu, cores, memoryGib, kernel, node }, rows: merged }, undefined, 1)}\n`,
  );
  writeFileSync(`${base}.md`, `${tableOf(merged)}\n`);
}

function circumstances(): Pick<ChaosRow, 'machineLoad' | 'commit'> {
  return { machineLoad: loadavg()[0] ?? 0, commit };
}

const { commit, ...machine } = machineFacts();
const scenarios = chosen();
if (values.list) {
  for (const { name, fault, must } of scenarios) process.stdout.write(`${name}: ${fault}\n    ${must}\n`);
  process.exit(0);
}
const rows: ChaosRow[] = [];
for (const scenario of scenarios) {
  process.stderr.write(`${scenario.name}: ${scenario.fault}\n`);
  const registry = registryKind() ?? registryFor(scenario);
  const row = await play(scenario, { registry, quick: values.quick }).then(
    (played) => rowOf(played, circumstances()),
    (error: unknown): ChaosRow => ({
      ...rowOf({ scenario, registry, outcome: {}, claims: [] }, circumstances()),
      broke: String(error),
    }),
  );
  rows.push(row);
  for (const { text, held, seen } of row.claims) process.stderr.write(`  ${held ? '✓' : '✗'} ${text} (${seen})\n`);
  if (row.broke !== undefined) process.stderr.write(`  ✗ broke off: ${row.broke}\n`);
}
process.stdout.write(`${tableOf(rows)}\n`);
if (!values['no-write'] && !values.quick) write(rows);
process.exitCode = rows.every(({ claims, broke }) => broke === undefined && claims.every(({ held }) => held)) ? 0 : 1;
