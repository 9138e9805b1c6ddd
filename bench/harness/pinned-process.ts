import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect as dial } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess } from '../../test/support/end-process.ts';

/** Where the measured process runs. */
export const PROXY_CORE = 0;
/** Where the origin and the load run: apart from the proxy, so that neither takes its time. */
export const LOAD_CORE = 1;

/** A process that the bench started, on one core, and will end. */
export interface PinnedProcess {
  readonly pid: number;
  /** Ends it by its id and waits until it is gone. */
  stop(): Promise<void>;
}

/** A command line: the program first. */
export type CommandLine = readonly [program: string, ...rest: string[]];

/** The command line that runs another on one core. */
export function pinned(core: number, command: CommandLine): [string, string[]] {
  return ['taskset', ['-c', String(core), ...command]];
}

async function stop(child: ChildProcess): Promise<void> {
  const killer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await endProcess(child, 'SIGTERM');
  clearTimeout(killer);
}

/**
 * Starts a server pinned to a core and waits until it accepts connections on `port`.
 * @throws Error with what the process wrote, when it ends or does not listen within 20 s
 */
export async function startServer(
  core: number,
  command: CommandLine,
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<PinnedProcess> {
  const [program, rest] = pinned(core, command);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(error.message)));
  const deadline = performance.now() + 20_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
      await stop(child);
      throw new Error(`does not listen within 20 s, or ended: ${output.trim()}`);
    }
    await sleep(50);
  }
  return { pid: child.pid ?? 0, stop: () => stop(child) };
}

/** Runs a program pinned to a core until it ends. @throws Error with its output when it fails */
export function runPinned(core: number, command: CommandLine): Promise<string> {
  const [program, rest] = pinned(core, command);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command[0]} ended with ${code}: ${stderr.trim() || stdout.trim()}`));
    });
  });
}

/** What a program says of its version, or undefined when it is not installed. */
export function versionOf(program: string, flag: string): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  return /\d+\.\d+[\w.~+-]*/.exec(`${stdout}${stderr}`)?.[0];
}

/** Whether somebody listens at a port of this machine. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
