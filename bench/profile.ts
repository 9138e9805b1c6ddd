// Where does each microsecond of a small GET go? `node bench/profile.ts [CONTESTANT] [SECONDS]`, default pilotfish 5.
// Samples the proxy with perf while wrk loads it, and shares out the CPU time per request that procfs tells.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../test/support/free-port.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { npmContestants } from './harness/npm-contestants.ts';
import { startFileOrigin, startRawOrigin } from './harness/origins.ts';
import { pilotfishContestants } from './harness/pilotfish-contestant.ts';
import { LOAD_CORE, runPinned } from './harness/pinned-process.ts';
import { processFigures } from './harness/process-figures.ts';
import { type Place, tallySamples } from './harness/sample-tally.ts';
import { wrk } from './harness/wrk.ts';

/** A place with less than this is summed up as the rest of its layer. */
const LEAST_MICROS = 0.1;

async function sampled(name: string, seconds: number, directory: string): Promise<string> {
  const contestant = [...pilotfishContestants, ...npmContestants].find((one) => one.name === name);
  if (contestant === undefined) throw new Error(`no contestant on Node is called "${name}"`);
  process.env['NODE_OPTIONS'] = '--perf-basic-prof --no-perf-basic-prof-only-functions';
  const origin = await startFileOrigin(directory);
  const collector = await startRawOrigin();
  const [listenPort = 0] = await freePorts(1);
  const endpoints = [`127.0.0.1:${origin.port}`] as const;
  const task = { listenPort, endpoints, policy: 'round-robin', directory, collectorPort: collector.port } as const;
  const proxy = await contestant.start({ ...task, endpoints: [...endpoints] });
  try {
    const load = { port: listenPort, path: '/bench/small', connections: 64 };
    await wrk({ ...load, seconds: 3 });
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
    const { units } = await wrk({ ...load, seconds });
    const after = processFigures(proxy.pid);
    await recording;
    const script = await runPinned(LOAD_CORE, ['perf', 'script', '-i', data, '-F', 'ip,sym,dso']);
    return budget(script, ((after.userMs + after.systemMs - before.userMs - before.systemMs) * 1000) / units);
  } finally {
    await Promise.all([proxy.stop(), origin.stop(), collector.stop()]);
    rmSync(`/tmp/perf-${proxy.pid}.map`, { force: true });
  }
}

/** The budget table: layer, place, microseconds; the small ones of a layer as one row. */
function budget(script: string, microsPerRequest: number): string {
  const places = tallySamples(script);
  const total = places.reduce((sum, { samples }) => sum + samples, 0);
  const rows = new Map<string, { place: Place; micros: number }>();
  for (const { place, samples } of places) {
    const micros = (samples / total) * microsPerRequest;
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
    `| layer | where | µs per request |`,
    '| --- | --- | --: |',
    ...layers.flatMap(({ layer, parts, micros }) => [
      `| **${layer}** | | **${micros.toFixed(2)}** |`,
      ...parts
        .toSorted((a, b) => b.micros - a.micros)
        .map(({ place, micros: part }) => `| | ${place.what} | ${part.toFixed(2)} |`),
    ]),
    `| **all** | ${total} samples | **${microsPerRequest.toFixed(2)}** |`,
  ].join('\n');
}

const directory = mkdtempSync(join(tmpdir(), 'pilotfish-profile-'));
const name = process.argv[2] ?? 'pilotfish';
try {
  const table = await sampled(name, Number(process.argv[3] ?? 5), directory);
  console.log(table);
  if (name === 'pilotfish') {
    const { commit } = machineFacts();
    const date = new Date().toISOString().slice(0, 10);
    writeFileSync(
      new URL('./results/profile.md', import.meta.url),
      `${table}\n\nMeasured ${date}, commit ${commit}, \`node bench/profile.ts\`.\n`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
