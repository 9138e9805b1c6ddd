import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../runtime/coded-error.ts';

/** Distinguishes our files, and their format, from anything else. */
const MAGIC = 'pilotfish-registry-1';

/**
 * One file in `dir` that holds the whole state: a line with a checksum, then JSON. It is replaced by an atomic rename
 * after an fsync, so a crash leaves the old one or the new one, never half of each.
 */
export class StateFile {
  readonly path: string;
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    this.path = join(dir, 'registry.state');
  }

  /**
   * Reads the state; undefined if there is none yet.
   * @throws CodedError `registry_state_unreadable` naming the file, if it cannot be read or is damaged
   */
  read(): unknown {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw this.#unreadable(error instanceof Error ? error.message : String(error), error);
    }
    const newline = text.indexOf('\n');
    const [magic, checksum] = text.slice(0, Math.max(0, newline)).split(' ');
    const body = text.slice(newline + 1);
    if (magic !== MAGIC) throw this.#unreadable('it is not a state file of the embedded registry');
    if (checksum !== digest(body)) throw this.#unreadable('its checksum is wrong: it is damaged');
    return JSON.parse(body, revive) as unknown;
  }

  /** Replaces the state. @throws the system's error */
  write(state: unknown): void {
    const body = JSON.stringify(state, replace);
    const next = `${this.path}.next`;
    try {
      writeDurably(next, `${MAGIC} ${digest(body)}\n${body}`);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    }
    renameSync(next, this.path);
    const dir = openSync(this.#dir, 'r');
    try {
      fsyncSync(dir);
    } finally {
      closeSync(dir);
    }
  }

  #unreadable(reason: string, cause?: unknown): CodedError {
    const remedy = 'restore it from a copy, or delete it to start with an empty registry';
    return new CodedError(`cannot read the registry's state ${this.path}: ${reason}; ${remedy}`, {
      code: 'registry_state_unreadable',
      side: 'internal',
      retryable: false,
      cause,
    });
  }
}

/** Writes all of it or throws: a disk that is full takes a part of a write without an error. */
function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** What JSON has no word for: maps, big integers, bytes. A Buffer reaches here as its own JSON form. */
function replace(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { '~': 'map', of: [...value] };
  if (typeof value === 'bigint') return { '~': 'bigint', of: String(value) };
  if (isTagged(value, 'type', 'Buffer'))
    return { '~': 'bytes', of: Buffer.from(value.data as number[]).toString('base64') };
  return value;
}

function revive(_key: string, value: unknown): unknown {
  if (isTagged(value, '~', 'map')) return new Map(value.of as [unknown, unknown][]);
  if (isTagged(value, '~', 'bigint')) return BigInt(value.of as string);
  return isTagged(value, '~', 'bytes') ? Buffer.from(value.of as string, 'base64') : value;
}

function isTagged(value: unknown, tag: string, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && (value as Record<string, unknown>)[tag] === name;
}
