/**
 * What do metrics and traces of 1 % of the requests cost, over both off?
 *
 * `node bench/telemetry-cost.ts [--starts 4] [--generations 60] [--warm-up 10] [--rounds 20] [--slot 30] [--save]`. Two
 * starts of one build differ by more than what is asked here, and so do two seconds of one machine. So the sidecars that are
 * compared live in one process, each at a port of its own, and are loaded in turns of `slot` ms, in random order. For as
 * long as it lives, it also counts where in memory a sidecar lies, by some per cent; so after `rounds` turns each, all are
 * replaced by a new generation, in random order, in the process that is warm: its first `warm-up` generations do not count.
 * One with both off is there twice: what differs between these two is what the bench cannot tell.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePorts } from '../test/support/free-port.ts';
import { spanBatches } from './harness/correctness-gate.ts';
import { type FigureSheet, saveSheet, sheetTable } from './harness/figure-sheet.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { type Origin, startFileOrigin, startRawOrigin } from './harness/origins.ts';
import { PausedLoad } from './harness/paused-load.ts';
import { configuration, environment } from './harness/pilotfish-contestant.ts';
import { PROXY_CORE, startServer } from './harness/pinned-process.ts';
import { threadsMicros } from './harness/process-figures.ts';
import { mean, spreadOf, trimmedMean } from './harness/quantiles.ts';
import { watchStrangers } from './harness/strangers.ts';

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '4' },
    generations: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '10' },
    rounds: { type: 'string', default: '20' },
    slot: { type: 'string', default: '30' },
    save: { type: 'boolean', default: false },
  },
});
const starts = Number(values.starts);
const generations = Number(values.generations);
const warmUp = Number(values['warm-up']);
const rounds = Number(values.rounds);
const slotMs = Number(values.slot);
if (!(generations >= 2))
  throw new Error(`--generations ${values.generations}: at least 2, or nothing tells by how much they differ`);

const PATH = '/bench/small';
const CONNECTIONS = 64;
/** Spans leave once or twice in this time: the turns begin at any moment of it, or they would count too many or too few. */
const PHASE_MS = 600;

/** What is compared. */
interface Twin {
  readonly name: string;
  readonly isObserved: boolean;
  /** What it is compared with. */
  readonly others: readonly Twin[];
}

const off: Twin = { name: 'both off', isObserved: false, others: [] };
const offAgain: Twin = { name: 'both off, again', isObserved: false, others: [off] };
const on: Twin = { name: 'metrics, and 1 % traced', isObserved: true, others: [off, offAgain] };
const twins = [off, offAgain, on];

/** A twin that runs, and the CPU time of a request in each round, µs. */
interface Place {
  readonly twin: Twin;
  readonly port: number;
  readonly adminPort: number;
  readonly micros: number[];
}

/** What `bench/sidecars-in-one.ts` is told of it. */
function told({ twin, port, adminPort }: Place, origin: Origin, collector: Origin): object {
  const variant = { isObserved: twin.isObserved, isResilient: true };
  const endpoints = [`127.0.0.1:${origin.port}`] as const;
  const config = configuration({ listenPort: port, endpoints, policy: 'round-robin' }, variant);
  const admin = { listen: `127.0.0.1:${adminPort}` };
  return { config: { ...config, admin }, env: environment(collector.port, variant) };
}

/** How many requests it has answered. @throws Error when others went wrong */
async function answered({ adminPort }: Place): Promise<number> {
  const upstream = await (await fetch(`http://127.0.0.1:${adminPort}/v1/upstreams/bench`)).json();
  const { responded, ...others } = (upstream as { readonly totals: Readonly<Record<string, number>> }).totals;
  if (Object.values(others).some((count) => count > 0)) throw new Error(`not all went well: ${JSON.stringify(others)}`);
  return responded ?? 0;
}

/** Loads a place for one slot. Returns the CPU time of a request. */
async function playSlot(place: Place, load: PausedLoad, pid: number): Promise<number> {
  const answeredBefore = await answered(place);
  const microsBefore = threadsMicros(pid);
  await load.run(slotMs);
  const micros = threadsMicros(pid) - microsBefore;
  return micros / ((await answered(place)) - answeredBefore);
}

function shuffled<T>(items: Iterable<T>): T[] {
  return Array.from(items, (item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** The sidecars that were in the process at one time, and what they took. */
type Generation = readonly Place[];

/** Replaces the sidecars of the process that listens at `control` by new ones, and plays the rounds. */
async function playGeneration(
  { pid, control }: { readonly pid: number; readonly control: number },
  origin: Origin,
  collector: Origin,
): Promise<Generation> {
  const ports = await freePorts(2 * twins.length);
  const places = shuffled(twins).map((twin, index): Place => {
    const [port = 0, adminPort = 0] = ports.slice(2 * index);
    return { twin, port, adminPort, micros: [] };
  });
  const body = JSON.stringify(places.map((place) => told(place, origin, collector)));
  const answer = await fetch(`http://127.0.0.1:${control}/`, { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
  await using loading = new AsyncDisposableStack();
  const loads = new Map<Place, PausedLoad>();
  for (const place of places) loads.set(place, loading.use(await PausedLoad.start(place.port, PATH, CONNECTIONS)));
  for (const load of loads.values()) await load.run(Math.random() * PHASE_MS);
  for (let round = 0; round < rounds; round++) {
    for (const [place, load] of shuffled(loads)) place.micros.push(await playSlot(place, load, pid));
  }
  return places;
}

/** Starts a process and plays the generations that count. */
async function playStart(origin: Origin, collector: Origin): Promise<readonly Generation[]> {
  const [control = 0] = await freePorts(1);
  const program = fileURLToPath(new URL('./sidecars-in-one.ts', import.meta.url));
  await using running = new AsyncDisposableStack();
  const start = startServer(PROXY_CORE, [process.execPath, program, String(control)], control);
  const { pid } = running.adopt(await start, (server) => server.stop());
  const played: Generation[] = [];
  for (let generation = -warmUp; generation < generations; generation++) {
    const places = await playGeneration({ pid, control }, origin, collector);
    if (generation >= 0) played.push(places);
  }
  return played;
}

function microsOf(twin: Twin, places: readonly Place[]): readonly number[] {
  return places.find((place) => place.twin === twin)?.micros ?? [];
}

/** By how much a twin was dearer in a generation than those it is compared with, per cent. Of all rounds: few send spans. */
function percentOver(twin: Twin, places: readonly Place[]): number {
  const base = mean(twin.others.map((other) => mean(microsOf(other, places))));
  return (mean(microsOf(twin, places)) / base - 1) * 100;
}

function meanOf(percents: readonly number[]): string {
  const { mean: middle, standardError } = trimmedMean(percents);
  return `${middle.toFixed(1)} ± ${standardError.toFixed(1)} %`;
}

const folder = mkdtempSync(join(tmpdir(), 'pilotfish-telemetry-'));
try {
  await using running = new AsyncDisposableStack();
  const collector = running.adopt(await startRawOrigin(), (server) => server.stop());
  const origin = running.adopt(await startFileOrigin(folder), (server) => server.stop());
  const strangers = watchStrangers();
  const played: (readonly Generation[])[] = [];
  const dearer = (twin: Twin, those: readonly Generation[]) => those.map((places) => percentOver(twin, places));
  for (let start = 0; start < starts; start++) {
    const inStart = await playStart(origin, collector);
    played.push(inStart);
    const percents = [offAgain, on].map((twin) => meanOf(dearer(twin, inStart)));
    process.stderr.write(`  start ${start + 1} of ${starts}: over both off ${percents.join(', ')}\n`);
  }
  if ((await spanBatches(collector.port)) === 0) throw new Error('no span reached the collector');
  const all = played.flat();
  const sheet: FigureSheet = {
    bench: 'telemetry-cost',
    date: new Date().toISOString().slice(0, 10),
    command: `node bench/telemetry-cost.ts --starts ${starts} --generations ${generations} --warm-up ${warmUp} --rounds ${rounds} --slot ${slotMs}`,
    machine: machineFacts(),
    strangerCores: strangers(),
    columns: ['CPU µs per request', '% over both off'],
    rows: twins.map((twin) => ({
      name: twin.name,
      figures: [
        played.map((inStart) => spreadOf(inStart.flatMap((places) => microsOf(twin, places))).median),
        twin.others.length === 0 ? [] : played.map((inStart) => trimmedMean(dearer(twin, inStart)).mean),
      ],
    })),
    values: 'starts',
    notes: [
      `By the mean of ${all.length} generations without the tenth at each end, and its standard error: ${on.name}, ${meanOf(dearer(on, all))} over both off; both off, again, ${meanOf(dearer(offAgain, all))}.`,
    ],
  };
  if (values.save) saveSheet(sheet);
  process.stdout.write(`${sheetTable(sheet)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
