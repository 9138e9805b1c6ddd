// Where does each microsecond go? `node bench/profile.ts [CONTESTANT] [SCENARIO] [SECONDS]`, default pilotfish small-get 5.
// Samples the proxy with perf under the scenario's load, and shares out the CPU time per request that procfs tells.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../test/support/free-port.ts';
import type { Contestant } from './harness/contestant.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { nativeContestants } from './harness/native-contestants.ts';
import { npmContestants } from './harness/npm-contestants.ts';
import { startFileOrigin, startRawOrigin } from './harness/origins.ts';
import { pilotfishContestants } from './harness/pilotfish-contestant.ts';
import { LOAD_CORE, runPinned } from './harness/pinned-process.ts';
import { processFigures } from './harness/process-figures.ts';
import { type Place, tallySamples } from './harness/sample-tally.ts';
import type { Scenario } from './harness/scenario.ts';
import { scenarios } from './harness/scenarios.ts';

/** A place with less than this is summed up as the rest of its layer. */
const LEAST_MICROS = 0.1;

async function sampled(
  contestant: Contestant,
  scenario: Scenario,
  seconds: number,
  directory: string,
): Promise<string> {
  process.env['NODE_OPTIONS'] = '--perf-basic-prof --no-perf-basic-prof-only-functions';
  const raw = await startRawOrigin();
  const origin = scenario.origin === 'raw' ? raw : await startFileOrigin(directory);
  const [listenPort = 0] = await freePorts(1);
  const endpoints: [string] = [`127.0.0.1:${origin.port}`];
  const task = { listenPort, endpoints, policy: 'round-robin', directory, collectorPort: raw.port } as const;
  const proxy = await contestant.start(task);
  try {
    const load = { port: listenPort, rate: 2000 };
    await scenario.load({ ...load, seconds: 3 });
    const data = join(directory, 'perf.data');
    const before = processFigures(proxy.pid);
    const recording = runPinned(LOAD_CORE, [
      ...([
        'perf',
        'record',
        '-q',
        '-e',
        'cpu-clock',
        '-F',
        '1999',
        '-g',
        '-p',
        String(proxy.pid),
        '-o',
        data,
      ] as const),
      ...['--', 'sleep', String(seconds)],
    ]);
    const { units } = await scenario.load({ ...load, seconds });
    const after = processFigures(proxy.pid);
    await recording;
    const script = await runPinned(LOAD_CORE, ['perf', 'script', '-i', data, '-F', 'ip,sym,dso']);
    const usedMs = after.userMs + after.systemMs - before.userMs - before.systemMs;
    return budget(script, (usedMs * 1000) / units, scenario.unit);
  } finally {
    await Promise.all([proxy.stop(), origin.stop(), raw.stop()]);
    rmSync(`/tmp/perf-${proxy.pid}.map`, { force: true });
  }
}

/** The budget table: layer, place, microseconds; the small ones of a layer as one row. */
function budget(script: string, microsPerUnit: number, unit: string): string {
  const places = tallySamples(script);
  const total = places.reduce((sum, { samples }) => sum + samples, 0);
  const rows = new Map<string, { place: Place; micros: number }>();
  for (const { place, samples } of places) {
    const micros = (samples / total) * microsPerUnit;
    const what = micros < LEAST_MICROS ? `everything below ${LEAST_MICROS} µs` : place.what;
    const row = rows.get(`${place.layer}|${what}`);
    if (row === undefined) rows.set(`${place.layer}|${what}`, { place: { ...place, what }, micros });
    else row.micros += micros;
  }
  const all = [...rows.values()];
  const layers = Object.entries(Object.groupBy(all, ({ place }) => place.layer))
    .map(([layer, parts = []]) => ({ layer, parts, micros: parts.reduce((sum, { micros }) => sum + micros, 0) }))
    .sort((a, b) => b.micros - a.micros);
  return [
    `| layer | where | µs per ${unit} |`,
    '| --- | --- | --: |',
    ...layers.flatMap(({ layer, parts, micros }) => [
      `| **${layer}** | | **${micros.toFixed(2)}** |`,
      ...parts
        .toSorted((a, b) => b.micros - a.micros)
        .map(({ place, micros: part }) => `| | ${place.what} | ${part.toFixed(2)} |`),
    ]),
    `| **all** | ${total} samples | **${microsPerUnit.toFixed(2)}** |`,
  ].join('\n');
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Error(`there is no "${name}", only ${all.map((one) => one.name).join(', ')}`);
}

const [name = 'pilotfish', scenarioName = 'small-get', seconds = '5'] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'pilotfish-profile-'));
try {
  const contestant = named([...pilotfishContestants, ...nativeContestants, ...npmContestants], name);
  const table = await sampled(contestant, named(scenarios, scenarioName), Number(seconds), directory);
  console.log(table);
  if (name === 'pilotfish' && scenarioName === 'small-get') {
    const { commit } = machineFacts();
    const date = new Date().toISOString().slice(0, 10);
    const file = new URL('./results/profile.md', import.meta.url);
    writeFileSync(file, `${table}\n\nMeasured ${date}, commit ${commit}, \`node bench/profile.ts\`.\n`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
