import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePorts } from '../test/support/free-port.ts';
import { type CpuShare, limitCpu } from './harness/cpu-share.ts';
import { type FigureRow, type FigureSheet, saveSheet, sheetTable } from './harness/figure-sheet.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { startFileOrigin } from './harness/origins.ts';
import { type PinnedProcess, startServer } from './harness/pinned-process.ts';
import { processFigures } from './harness/process-figures.ts';
import { spreadOf } from './harness/quantiles.ts';
import { watchStrangers } from './harness/strangers.ts';
import { wrk } from './harness/wrk.ts';

/**
 * How many requests do two workers answer for each that one answers?
 *
 * `npm run build && node bench/workers.ts [--rounds 5] [--seconds 3] [--share 0.3] [--save]`, as root. Two workers want two
 * cores of their own, and the load a third; so that it can be asked on two cores, each worker may use a share of a core
 * only (a control group of its own): they are saturated, and the load and the origin are not.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    share: { type: 'string', default: '0.3' },
    save: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const share = Number(values.share);
const CONNECTIONS = 64;
const COUNTS = [1, 2] as const;
/** Where the workers run; the load and the origin have the other core. */
const WORKERS_CORE = 0;

class Stage implements AsyncDisposable {
  readonly #process: PinnedProcess;
  readonly #shares: readonly CpuShare[];
  readonly port: number;
  readonly perSecond: number[] = [];
  readonly cpuMicros: number[] = [];

  private constructor(port: number, process: PinnedProcess, shares: readonly CpuShare[]) {
    this.port = port;
    this.#process = process;
    this.#shares = shares;
  }

  static async open(workers: number, originPort: number, folder: string): Promise<Stage> {
    const [port = 0] = await freePorts(1);
    const config = join(folder, `${workers}-workers.yaml`);
    const settings = {
      proxy: { listen: `127.0.0.1:${port}`, workers },
      admin: { listen: '127.0.0.1:0' },
      upstreams: { bench: { endpoints: [`127.0.0.1:${originPort}`] } },
      telemetry: { traces: { ratio: 0 }, logs: { level: 'error', access: 'off' } },
    };
    writeFileSync(config, JSON.stringify(settings));
    const program = resolve('dist/cli/main.js');
    const server = await startServer(WORKERS_CORE, [process.execPath, program, 'run', '-c', config], port);
    const pids = workers === 1 ? [server.pid] : childrenOf(server.pid);
    if (pids.length !== workers) throw new Error(`${pids.length} workers, not ${workers}`);
    return new Stage(
      port,
      server,
      pids.map((pid) => limitCpu(pid, share)),
    );
  }

  async load(): Promise<void> {
    const before = processFigures(this.#process.pid);
    const {
      units,
      seconds: took,
      errors,
    } = await wrk({
      port: this.port,
      path: '/bench/small',
      connections: CONNECTIONS,
      seconds,
    });
    const after = processFigures(this.#process.pid);
    if (errors > 0) throw new Error(`${errors} requests failed`);
    this.perSecond.push(units / took);
    this.cpuMicros.push(((after.userMs + after.systemMs - before.userMs - before.systemMs) * 1000) / units);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    for (const limit of this.#shares) limit.remove();
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** A round's figure over the median of one worker's. */
function rowsOf(stages: readonly Stage[]): FigureRow[] {
  const one = spreadOf(stages[0]?.perSecond ?? []).median;
  return stages.map(({ perSecond, cpuMicros }, index) => ({
    name: `${COUNTS[index]} worker${index === 0 ? '' : 's'}`,
    figures: [perSecond, perSecond.map((value) => value / one), cpuMicros],
  }));
}

const folder = mkdtempSync(join(tmpdir(), 'pilotfish-workers-'));
try {
  await using origin = { ...(await startFileOrigin(folder)), [Symbol.asyncDispose]: () => origin.stop() };
  await using one = await Stage.open(1, origin.port, folder);
  await using two = await Stage.open(2, origin.port, folder);
  const stages = [one, two];
  for (const stage of stages) await stage.load();
  for (const stage of stages) {
    stage.perSecond.length = 0;
    stage.cpuMicros.length = 0;
  }
  const strangers = watchStrangers();
  for (let round = 0; round < rounds; round++) for (const stage of stages) await stage.load();
  const sheet: FigureSheet = {
    bench: 'workers',
    date: new Date().toISOString().slice(0, 10),
    command: `npm run build && node bench/workers.ts --rounds ${rounds} --seconds ${seconds} --share ${share}`,
    machine: machineFacts(),
    strangerCores: strangers(),
    columns: ['requests/s', '× one worker', 'CPU µs per request'],
    rows: rowsOf(stages),
  };
  if (values.save) saveSheet(sheet);
  process.stdout.write(`${sheetTable(sheet)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
