import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePorts } from '../test/support/free-port.ts';
import { cleanEnvironment } from './harness/clean-environment.ts';
import { type FigureSheet, saveSheet, sheetTable } from './harness/figure-sheet.ts';
import { serviceName } from './harness/generated-registry.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { programsOf } from './harness/programs.ts';
import { spreadOf } from './harness/quantiles.ts';
import { RegistryStage } from './harness/registry-stage.ts';
import { watchStrangers } from './harness/strangers.ts';

/**
 * How long does `pilotfish run` take from its start to the first byte that comes through it, and how much more is that
 * than `node -e 0` takes from its start to its end?
 *
 * `npm run build && node bench/start.ts [--rounds 15] [--save] [name=program…]`. The program is `dist/cli/main.js` unless
 * others are named, which are then compared. Each round starts each contestant once, in turn, beside a registry and an
 * origin that run all the time.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' }, save: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const programs = programsOf(positionals);
/** Between two attempts to connect to the port that is to open. */
const ATTEMPT_MS = 1;

interface Started {
  /** From the start until the proxy's port takes connections; undefined for a program that has none. */
  readonly listeningMs?: number | undefined;
  /** From the start until the first byte of an answer, or the program's end. */
  readonly doneMs: number;
}

interface Contestant {
  readonly name: string;
  /** @param signal ends it afterwards; SIGTERM lets it leave in order, which takes seconds, and keep compiled code */
  start(signal: 'SIGTERM' | 'SIGKILL'): Promise<Started>;
}

/** `node -e 0`, from start to end. */
const bareNode: Contestant = {
  name: '`node -e 0`, to its end',
  start: async () => {
    const fromMs = performance.now();
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore', env: cleanEnvironment() });
    await once(child, 'exit');
    return { doneMs: performance.now() - fromMs };
  },
};

interface SidecarOptions {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `pilotfish run` with these flags, from start to the first byte of an instance's answer. */
function sidecar({ name, program, flags, env }: SidecarOptions): Contestant {
  return {
    name,
    start: async (signal) => {
      const [proxy = 0, admin = 0] = await freePorts(2);
      const listen = ['--proxy-listen', `127.0.0.1:${proxy}`, '--admin-listen', `127.0.0.1:${admin}`];
      const fromMs = performance.now();
      const child = spawn(process.execPath, [resolve(program), 'run', ...listen, ...flags], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...cleanEnvironment(), ...env },
      });
      const closed = once(child, 'close');
      try {
        return await Promise.race([firstByte(proxy, fromMs), endOf(child)]);
      } finally {
        child.kill(signal);
        await closed;
      }
    },
  };
}

/** Rejects with what the program wrote when it ends by itself. */
async function endOf(child: ChildProcess): Promise<never> {
  let written = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  const [code, signal] = await once(child, 'exit');
  if (child.killed) return await new Promise(() => undefined);
  throw new Error(`ended with ${code ?? signal} before it served:\n${written}`);
}

/** Connects until somebody listens, asks, and waits for the first byte. @throws Error when the answer is not the origin's */
async function firstByte(port: number, fromMs: number): Promise<Started> {
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1' });
    const isOpen = await new Promise<boolean>((settle) => {
      socket.once('connect', () => settle(true));
      socket.once('error', () => settle(false));
    });
    if (!isOpen) {
      await new Promise((settle) => setTimeout(settle, ATTEMPT_MS));
      continue;
    }
    const listeningMs = performance.now() - fromMs;
    socket.write(`GET /${serviceName(0)}/first HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const doneMs = performance.now() - fromMs;
    socket.destroy();
    if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error(`not proxied:\n${answer}`);
    return { listeningMs, doneMs };
  }
}

/** A configuration as an app would have it. */
function configurationFor({ registryUrl, originPort }: RegistryStage): string {
  return `service:
  name: caller
  port: ${originPort}
  address: 127.0.0.1
consul:
  address: ${registryUrl}
upstreams:
  ${serviceName(0)}: { policy: p2c, retry: { attempts: 2 } }
`;
}

function contestantsOf(stage: RegistryStage, folder: string): readonly Contestant[] {
  const file = join(folder, 'pilotfish.yaml');
  writeFileSync(file, configurationFor(stage));
  const sidecars = programs.flatMap(({ name, program }, index) => {
    const of = name === '' ? '' : ` (${name})`;
    const env = { NODE_COMPILE_CACHE: join(folder, `cache-${index}`) };
    const outbound = ['--consul', stage.registryUrl];
    return [
      sidecar({ name: `\`pilotfish run\`, outbound only${of}`, program, flags: outbound, env }),
      sidecar({ name: `\`pilotfish run -c pilotfish.yaml\`, with an app${of}`, program, flags: ['-c', file], env }),
      sidecar({
        name: `the same without compile cache${of}`,
        program,
        flags: ['-c', file],
        env: { NODE_DISABLE_COMPILE_CACHE: '1' },
      }),
    ];
  });
  return [bareNode, ...sidecars];
}

/** Columns: until it listens, until the first byte, and that beyond the same round's `node -e 0`. */
async function measure(contestants: readonly Contestant[]): Promise<FigureSheet['rows']> {
  const taken = contestants.map(() => [] as Started[]);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) taken[index]?.push(await contestant.start('SIGKILL'));
  }
  const bareMs = spreadOf(taken[0]?.map(({ doneMs }) => doneMs) ?? []).median;
  return contestants.map(({ name }, index) => {
    const starts = taken[index] ?? [];
    const doneMs = starts.map((start) => start.doneMs);
    const beyond = index === 0 ? [] : doneMs.map((ms) => ms - bareMs);
    return { name, figures: [starts.flatMap(({ listeningMs }) => listeningMs ?? []), doneMs, beyond] };
  });
}

const folder = mkdtempSync(join(tmpdir(), 'pilotfish-start-'));
try {
  await using stage = await RegistryStage.open({ services: 1, instances: 3 });
  const contestants = contestantsOf(stage, folder);
  // Unmeasured: files come into the page cache, compiled code into its own.
  for (const contestant of contestants) await contestant.start('SIGTERM');
  const strangers = watchStrangers();
  const rows = await measure(contestants);
  const sheet: FigureSheet = {
    bench: 'start',
    date: new Date().toISOString().slice(0, 10),
    command: `npm run build && node bench/start.ts --rounds ${rounds}`,
    machine: machineFacts(),
    strangerCores: strangers(),
    columns: ['listening ms', 'first byte ms', 'more than `node -e 0`, ms'],
    rows,
  };
  if (values.save) saveSheet(sheet);
  process.stdout.write(`${sheetTable(sheet)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
