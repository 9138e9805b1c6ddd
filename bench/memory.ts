import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cleanEnvironment } from './harness/clean-environment.ts';
import { type FigureSheet, saveSheet, sheetTable } from './harness/figure-sheet.ts';
import { serviceName } from './harness/generated-registry.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { programsOf } from './harness/programs.ts';
import { RegistryStage } from './harness/registry-stage.ts';
import { watchStrangers } from './harness/strangers.ts';

/**
 * How much memory does a sidecar hold: idle, probed by an orchestrator and a metrics collector, and with many services
 * in view?
 *
 * `npm run build && node bench/memory.ts [--rounds 5] [--services 1000] [--instances 100] [--save] [name=program…]`. The program
 * is `dist/cli/main.js` unless others are named, which are then compared. RSS counts the pages of the `node` binary that
 * were touched, which all Node processes of a machine share; PSS shares them out; private is what this process alone has.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    services: { type: 'string', default: '1000' },
    instances: { type: 'string', default: '100' },
    save: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const services = Number(values.services);
const instances = Number(values.instances);
const programs = programsOf(positionals);
/** After this a process counts as idle. */
const SETTLE_MS = 5_000;
/** After the last of many services came into view. */
const LARGE_SETTLE_MS = 15_000;
const PROBES = 20;
/** Services that are asked for at once. */
const AT_ONCE = 16;
const MIB = 1024;

/** RSS, PSS, private; MiB. */
type Held = readonly [rss: number, pss: number, own: number];

function heldBy(pid: number): Held {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
  return [kib('Rss') / MIB, kib('Pss') / MIB, (kib('Private_Clean') + kib('Private_Dirty')) / MIB];
}

/** A process of the bench, ended with it. */
class Measured implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const stdio: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'ignore', 'ignore', 'ipc'];
    this.#child = spawn(process.execPath, args, { stdio, env: { ...cleanEnvironment(), ...env } });
  }

  /** Where a sidecar serves, once it does. @throws Error when it ends before */
  async ready(): Promise<{ readonly proxyUrl: string; readonly adminUrl: string }> {
    const ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`ended with ${code} before it served`);
    });
    const [message] = await Promise.race([once(this.#child, 'message'), ended]);
    ended.catch(() => undefined);
    return message;
  }

  get held(): Held {
    return heldBy(this.#child.pid ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

async function drained(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
}

/** The sidecar asks Consul for so many services per second and no more; until then it answers 503. */
async function untilServed(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    if (answer.status === 200) return;
    if (answer.status !== 503 || attempt === 60) throw new Error(`${url} answered ${answer.status}`);
    await sleep(500);
  }
}

function flagsFor(stage: RegistryStage): readonly string[] {
  const any = '127.0.0.1:0';
  return ['run', '--proxy-listen', any, '--admin-listen', any, '--consul', stage.registryUrl];
}

async function bareNode(): Promise<Held> {
  await using node = new Measured(['-e', 'process.on("message", () => undefined)']);
  await sleep(SETTLE_MS);
  return node.held;
}

async function warmUp(program: string, stage: RegistryStage, cache: string): Promise<void> {
  await using sidecar = new Measured([resolve(program), ...flagsFor(stage)], { NODE_COMPILE_CACHE: cache });
  const { adminUrl } = await sidecar.ready();
  await drained(`${adminUrl}/healthz`);
}

/** After one proxied request, and then after the probes and scrapes of some minutes. */
async function idle(program: string, stage: RegistryStage, cache: string): Promise<readonly [Held, Held]> {
  await using sidecar = new Measured([resolve(program), ...flagsFor(stage)], { NODE_COMPILE_CACHE: cache });
  const { proxyUrl, adminUrl } = await sidecar.ready();
  await drained(`${proxyUrl}/${serviceName(0)}/`);
  await sleep(SETTLE_MS);
  const quiet = sidecar.held;
  for (let probe = 0; probe < PROBES; probe++) {
    await drained(`${adminUrl}/readyz`);
    await drained(`${adminUrl}/metrics`);
  }
  await sleep(SETTLE_MS);
  return [quiet, sidecar.held];
}

/** With all services in view, each called once. */
async function large(program: string, stage: RegistryStage, cache: string): Promise<Held> {
  await using sidecar = new Measured([resolve(program), ...flagsFor(stage)], { NODE_COMPILE_CACHE: cache });
  const { proxyUrl, adminUrl } = await sidecar.ready();
  let next = 0;
  const call = async (): Promise<void> => {
    for (let at = next++; at < services; at = next++) await untilServed(`${proxyUrl}/${serviceName(at)}/`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, call));
  await sleep(LARGE_SETTLE_MS);
  const { held } = sidecar;
  const answer = await fetch(`${adminUrl}/v1/upstreams/${serviceName(services - 1)}`);
  const view = (await answer.json()) as { readonly instances: readonly unknown[] };
  if (view.instances.length !== instances) throw new Error(`${view.instances.length} instances in view`);
  return held;
}

function row(name: string, held: readonly Held[]): FigureSheet['rows'][number] {
  return { name, figures: [0, 1, 2].map((column) => held.map((each) => each[column] ?? 0)) };
}

/** Bare Node, and each program idle and probed, in alternating rounds. */
async function idleRows(folder: string): Promise<FigureSheet['rows']> {
  await using stage = await RegistryStage.open({ services: 1, instances: 3 });
  const bare: Held[] = [];
  const taken = programs.map(() => [] as (readonly [Held, Held])[]);
  // Unmeasured: what is compiled at the first start is kept for the others.
  for (const [index, { program }] of programs.entries()) await warmUp(program, stage, join(folder, String(index)));
  for (let round = 0; round < rounds; round++) {
    bare.push(await bareNode());
    for (const [index, { program }] of programs.entries())
      taken[index]?.push(await idle(program, stage, join(folder, String(index))));
  }
  const sidecars = programs.flatMap(({ name }, index) => {
    const [quiet, probed] = [0, 1].map((at) => (taken[index] ?? []).map((held) => held[at] as Held));
    return [
      row(label('`pilotfish run`, idle', name), quiet ?? []),
      row(label('the same, probed and scraped', name), probed ?? []),
    ];
  });
  return [row('`node`, waiting', bare), ...sidecars];
}

async function largeRows(folder: string): Promise<FigureSheet['rows']> {
  await using stage = await RegistryStage.open({ services, instances });
  const rows: FigureSheet['rows'][number][] = [];
  for (const [index, { name, program }] of programs.entries()) {
    const held = await large(program, stage, join(folder, String(index)));
    rows.push(row(label(`${services.toLocaleString('en')} services × ${instances} instances in view`, name), [held]));
  }
  return rows;
}

function label(what: string, name: string): string {
  return name === '' ? what : `${what} (${name})`;
}

const folder = mkdtempSync(join(tmpdir(), 'pilotfish-memory-'));
try {
  const strangers = watchStrangers();
  const sheet: FigureSheet = {
    bench: rounds === 0 ? 'memory-large' : 'memory',
    date: new Date().toISOString().slice(0, 10),
    command: `npm run build && node bench/memory.ts --rounds ${rounds} --services ${services} --instances ${instances}`,
    machine: machineFacts(),
    columns: ['RSS MiB', 'PSS MiB', 'private MiB'],
    rows: [...(rounds > 0 ? await idleRows(folder) : []), ...(services > 0 ? await largeRows(folder) : [])],
    strangerCores: strangers(),
  };
  if (values.save) saveSheet(sheet);
  process.stdout.write(`${sheetTable(sheet)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
