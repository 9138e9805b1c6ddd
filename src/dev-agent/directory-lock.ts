import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../runtime/coded-error.ts';

/** A process: its number is used again sooner or later, its number and the moment of its start are not. */
interface Holder {
  readonly pid: number;
  /** In the kernel's ticks since boot; empty where it does not tell. */
  readonly startedAt: string;
}

/**
 * Keeps a directory to one process of this machine, by a file `registry.lock` that names the process. The file of a
 * process that has ended, however it ended, locks nobody out.
 */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Takes the lock, making the directory if need be.
   * @throws CodedError `registry_state_in_use` naming the process that has it; the system's error
   */
  static take(dir: string): DirectoryLock {
    mkdirSync(dir, { recursive: true });
    const path = join(dir, 'registry.lock');
    if (tryCreate(path)) return new DirectoryLock(path);
    const holder = holderOf(path);
    if (holder !== undefined && isRunning(holder)) throw inUse(dir, holder.pid);
    rmSync(path, { force: true });
    if (tryCreate(path)) return new DirectoryLock(path);
    throw inUse(dir, holderOf(path)?.pid);
  }

  /** Gives the lock back. */
  release(): void {
    rmSync(this.#path, { force: true });
  }
}

/** False if the file is there already. */
function tryCreate(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`);
  } finally {
    closeSync(file);
  }
  return true;
}

/** Who wrote the file; undefined when it has gone meanwhile, or holds something else. */
function holderOf(path: string): Holder | undefined {
  const [pid, startedAt = ''] = (readText(path) ?? '').trim().split(' ');
  return /^[1-9]\d{0,9}$/.test(pid ?? '') ? { pid: Number(pid), startedAt } : undefined;
}

function isRunning({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not allowed to signal it means that it is there.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return startOf(pid) === startedAt;
}

/** Field 22 of proc(5)'s `stat`; the second, the program's name, may itself hold spaces and parentheses. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function inUse(dir: string, pid: number | undefined): CodedError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new CodedError(`the registry's state in ${dir} is in use by ${who}; end it, or choose another --data-dir`, {
    code: 'registry_state_in_use',
    side: 'internal',
    retryable: false,
  });
}
