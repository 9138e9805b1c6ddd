/**
 * What do metrics and traces of 1 % of the requests cost, over both off?
 *
 * `node bench/telemetry-cost.ts [--starts 10] [--warm-up 24] [--rounds 20] [--slot 300] [--save]`. Two starts of one build
 * differ by more than what is asked here, and so do two seconds of one machine. So the sidecars that are compared live in
 * one process, each at a port of its own, and are loaded in turns of `slot` ms, in random order; for `warm-up` s each, then
 * for so many rounds. One with both off is there twice: what differs between these two is what the bench cannot tell. It is
 * much, for where in memory a sidecar lies counts too, for as long as it lives; hence the many starts.
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
import { meanWithError, spreadOf, trimmedMean } from './harness/quantiles.ts';
import { watchStrangers } from './harness/strangers.ts';

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '24' },
    rounds: { type: 'string', default: '20' },
    slot: { type: 'string', default: '300' },
    save: { type: 'boolean', default: false },
  },
});
const starts = Number(values.starts);
const warmUp = Number(values['warm-up']);
const rounds = Number(values.rounds);
const slotMs = Number(values.slot);
if (!(starts >= 2))
  throw new Error(`--starts ${values.starts}: at least 2, or nothing tells by how much starts differ`);

const PATH = '/bench/small';
const CONNECTIONS = 64;

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
function told({ twin, port, adminPort }: Place, origin: Origin, collector: Origin): string {
  const variant = { isObserved: twin.isObserved, isResilient: true };
  const endpoints = [`127.0.0.1:${origin.port}`] as const;
  const config = configuration({ listenPort: port, endpoints, policy: 'round-robin' }, variant);
  const admin = { listen: `127.0.0.1:${adminPort}` };
  return JSON.stringify({ config: { ...config, admin }, env: environment(collector.port, variant) });
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

/** Starts all of them in one process, in this order, and plays the rounds. */
async function playStart(order: readonly Twin[], origin: Origin, collector: Origin): Promise<readonly Place[]> {
  const ports = await freePorts(2 * order.length);
  const places = order.map((twin, index): Place => {
    const [port = 0, adminPort = 0] = ports.slice(2 * index);
    return { twin, port, adminPort, micros: [] };
  });
  const program = fileURLToPath(new URL('./sidecars-in-one.ts', import.meta.url));
  const command = [process.execPath, program, ...places.map((place) => told(place, origin, collector))] as const;
  await using running = new AsyncDisposableStack();
  const start = startServer(PROXY_CORE, command, places.at(-1)?.port ?? 0);
  const { pid } = running.adopt(await start, (server) => server.stop());
  const loads = new Map<Place, PausedLoad>();
  for (const place of places) loads.set(place, running.use(await PausedLoad.start(place.port, PATH, CONNECTIONS)));
  for (let warmMs = 0; warmMs < warmUp * 1000; warmMs += slotMs) {
    for (const [, load] of shuffled(loads)) await load.run(slotMs);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [place, load] of shuffled(loads)) place.micros.push(await playSlot(place, load, pid));
  }
  return places;
}

function microsOf(twin: Twin, places: readonly Place[]): readonly number[] {
  return places.find((place) => place.twin === twin)?.micros ?? [];
}

/** By how much a twin was dearer in a start than those it is compared with, per cent. */
function percentOver(twin: Twin, places: readonly Place[]): number {
  const bases = twin.others.map((other) => microsOf(other, places));
  const percents = microsOf(twin, places).map((own, round) => {
    const base = bases.reduce((sum, micros) => sum + (micros[round] ?? 0), 0) / bases.length;
    return (own / base - 1) * 100;
  });
  return trimmedMean(percents).mean;
}

function meanOf(percents: readonly number[]): string {
  const { mean, standardError } = meanWithError(percents);
  return `${mean.toFixed(1)} ± ${standardError.toFixed(1)} %`;
}

const folder = mkdtempSync(join(tmpdir(), 'pilotfish-telemetry-'));
try {
  await using running = new AsyncDisposableStack();
  const collector = running.adopt(await startRawOrigin(), (server) => server.stop());
  const origin = running.adopt(await startFileOrigin(folder), (server) => server.stop());
  const strangers = watchStrangers();
  const played: (readonly Place[])[] = [];
  for (let start = 0; start < starts; start++) {
    const first = start % twins.length;
    const places = await playStart([...twins.slice(first), ...twins.slice(0, first)], origin, collector);
    played.push(places);
    const percents = [offAgain, on].map((twin) => percentOver(twin, places).toFixed(1));
    process.stderr.write(`  start ${start + 1} of ${starts}: % over both off ${percents.join(', ')}\n`);
  }
  if ((await spanBatches(collector.port)) === 0) throw new Error('no span reached the collector');
  const dearer = (twin: Twin) => played.map((places) => percentOver(twin, places));
  const sheet: FigureSheet = {
    bench: 'telemetry-cost',
    date: new Date().toISOString().slice(0, 10),
    command: `node bench/telemetry-cost.ts --starts ${starts} --warm-up ${warmUp} --rounds ${rounds} --slot ${slotMs}`,
    machine: machineFacts(),
    strangerCores: strangers(),
    columns: ['CPU µs per request', '% over both off'],
    rows: twins.map((twin) => ({
      name: twin.name,
      figures: [
        played.map((places) => spreadOf(microsOf(twin, places)).median),
        twin.others.length === 0 ? [] : dearer(twin),
      ],
    })),
    values: 'starts',
    notes: [
      `By the mean of the starts and its standard error: ${on.name}, ${meanOf(dearer(on))} over both off; both off, again, ${meanOf(dearer(offAgain))}.`,
    ],
  };
  if (values.save) saveSheet(sheet);
  process.stdout.write(`${sheetTable(sheet)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
