// Where does each microsecond go? `node bench/profile.ts [CONTESTANT] [SCENARIO] [SECONDS]`, default pilotfish small-get 5.
// With `BENCH_PILOTFISH=src/cli/main.ts` places have their files' names; the built program's are a bundle's.
// Samples the proxy with perf under the scenario's load, and shares out the CPU time per request that procfs tells. Keeps
// the result in bench/results/, for bench/render.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../test/support/free-port.ts';
import { type Budget, budgetPlaces, budgetTable } from './harness/budget.ts';
import type { Contestant } from './harness/contestant.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { nativeContestants } from './harness/native-contestants.ts';
import { npmContestants } from './harness/npm-contestants.ts';
import { startFileOrigin, startRawOrigin } from './harness/origins.ts';
import { pilotfishContestants } from './harness/pilotfish-contestant.ts';
import { LOAD_CORE, runPinned } from './harness/pinned-process.ts';
import { processFigures } from './harness/process-figures.ts';
import type { Scenario } from './harness/scenario.ts';
import { scenarios } from './harness/scenarios.ts';

async function sampled(
  contestant: Contestant,
  scenario: Scenario,
  seconds: number,
  directory: string,
): Promise<Budget> {
  const raw = await startRawOrigin();
  const origin = scenario.origin === 'raw' ? raw : await startFileOrigin(directory);
  const [listenPort = 0] = await freePorts(1);
  const endpoints: [string] = [`127.0.0.1:${origin.port}`];
  const task = { listenPort, endpoints, policy: 'round-robin', directory, collectorPort: raw.port } as const;
  process.env['NODE_OPTIONS'] = '--perf-basic-prof --no-perf-basic-prof-only-functions';
  const proxy = await contestant.start(task);
  delete process.env['NODE_OPTIONS'];
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
    const microsPerUnit = (usedMs * 1000) / units;
    return {
      contestant: contestant.name,
      scenario: scenario.name,
      unit: scenario.unit,
      date: new Date().toISOString().slice(0, 10),
      commit: machineFacts().commit,
      microsPerUnit,
      ...budgetPlaces(script, microsPerUnit),
    };
  } finally {
    await Promise.all([proxy.stop(), origin.stop(), raw.stop()]);
    rmSync(`/tmp/perf-${proxy.pid}.map`, { force: true });
  }
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
  const budget = await sampled(contestant, named(scenarios, scenarioName), Number(seconds), directory);
  console.log(budgetTable(budget));
  const file = new URL(`./results/profile-${scenarioName}-${name}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(budget, null, 1)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
