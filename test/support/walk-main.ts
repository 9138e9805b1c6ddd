/*
 * Does what a page of the documentation says, in the working folder, as its reader would: node walk-main.ts PAGE. Run in a network of
 * its own (`unshare --net`), so that the page's ports are free and nobody else is disturbed. Ends with 1, and says where, when a
 * command fails or prints something else than the page says.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { steady, stepsIn, type WalkStep } from './walk-page.ts';

/** A service that was just started may need some time before it says what the page says. */
const PATIENCE_MS = 20_000;
const AGAIN_MS = 200;

const page = process.argv[2] ?? '';
const background: ChildProcess[] = [];

class Stumble extends Error {}

async function walk(): Promise<void> {
  spawnSync('ip', ['link', 'set', 'lo', 'up']);
  const steps = stepsIn(readFileSync(page, 'utf8'));
  for (const step of steps) await take(step);
  process.stdout.write(`${steps.length} steps\n`);
}

async function take(step: WalkStep): Promise<void> {
  const { kind, text, beside } = step;
  if (kind === 'file') return writeFileSync(beside, text);
  if (kind === 'background') {
    background.push(spawn('bash', ['-c', text], { detached: true, stdio: 'ignore' }));
    return;
  }
  if (kind === 'run') {
    const { status, stdout, stderr } = type(text);
    if (status !== 0) throw stumble(step, `ended with ${status}\n${stdout}${stderr}`);
    return;
  }
  const endMs = performance.now() + PATIENCE_MS;
  let said = '';
  do {
    const { stdout, stderr } = type(text);
    // What npm has to say of this machine's settings is not of the page.
    said = stdout + stderr.replace(/^npm (?:warn|notice) .*\n/gm, '');
    if (steady(said, hostname()) === steady(beside, hostname())) return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  } while (performance.now() < endMs);
  throw stumble(step, `printed\n${said}\nand the page says\n${beside}`);
}

function type(text: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync('bash', ['-e', '-c', text], { encoding: 'utf8', timeout: 120_000 });
}

function stumble({ line, text }: WalkStep, what: string): Stumble {
  return new Stumble(`${page}:${line}: ${text}\n${what}`);
}

try {
  await walk();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Stumble ? error.message : String(error)}\n`);
} finally {
  // What they have started ends with this process, the first of its namespace.
  for (const { pid } of background) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}
