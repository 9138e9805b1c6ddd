import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { EndpointSet, ServiceQuery } from '../upstream/endpoint-source.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts';

/** What a {@link LastGoodStore} is made of. */
export interface LastGoodStoreOptions {
  /** Made if it is not there. One file per service in it, readable by its owner only. */
  readonly directory: string;
  /** An older view is not used. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly onEvent: DiscoveryListener;
}

/** Changes are collected for this long before they are written. */
const WRITE_DELAY_MS = 2000;
/** A view that stays the same is written again when it has been confirmed for this long, to renew its age. */
const RENEW_MS = 300_000;

interface Remembered {
  readonly set: EndpointSet;
  confirmedAtMs: number;
  writtenAtMs: number;
}

/**
 * The last good view of each service, on disk, for a restart while Consul is down. Files are replaced whole (written
 * beside, fsynced, renamed) and carry a checksum. It never fails anybody: what cannot be read or written is told once
 * through `snapshot_unusable`, then ignored.
 */
export class LastGoodStore {
  readonly #options: LastGoodStoreOptions;
  readonly #remembered = new Map<string, Remembered>();
  /** How many watch each. */
  readonly #watchers = new Map<string, number>();
  readonly #dirty = new Set<string>();
  #wake: (() => void) | undefined;
  #writeFailed = false;

  constructor(options: LastGoodStoreOptions) {
    this.#options = options;
  }

  /** The remembered view, as origin `snapshot` with its age; undefined when there is none, or none to be used. */
  async read(query: ServiceQuery): Promise<EndpointSet | undefined> {
    const path = this.#pathOf(keyOf(query));
    try {
      const { query: stored, confirmedAtWallMs, endpoints } = decodeSnapshot(await readFile(path, 'utf8'));
      // A wall clock that was set back makes a file from the future: it is as good as new.
      const ageMs = Math.max(0, this.#options.clock.wallMs() - confirmedAtWallMs);
      if (ageMs > this.#options.maxAgeMs || keyOf(stored) !== keyOf(query)) return undefined;
      return { origin: 'snapshot', endpoints, ageMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#tell('read', path, error);
      return undefined;
    }
  }

  /** Somebody watches the service, until {@link release}; several may at once. */
  watched(query: ServiceQuery): void {
    const key = keyOf(query);
    this.#watchers.set(key, (this.#watchers.get(key) ?? 0) + 1);
  }

  /** Takes a new view to be written soon. */
  remember(query: ServiceQuery, set: EndpointSet): void {
    const key = keyOf(query);
    const nowMs = this.#options.clock.nowMs();
    this.#remembered.set(key, { set, confirmedAtMs: nowMs, writtenAtMs: Number.NEGATIVE_INFINITY });
    this.#touch(key);
  }

  /** The catalog has just said that the view is still the same. */
  confirm(query: ServiceQuery): void {
    const key = keyOf(query);
    const remembered = this.#remembered.get(key);
    if (remembered === undefined) return;
    remembered.confirmedAtMs = this.#options.clock.nowMs();
    if (remembered.confirmedAtMs - remembered.writtenAtMs >= RENEW_MS) this.#touch(key);
  }

  /** Once nobody watches the service any more, its file stays, and its memory is let go after the next write. */
  release(query: ServiceQuery): void {
    const key = keyOf(query);
    const left = (this.#watchers.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#watchers.set(key, left);
      return;
    }
    this.#watchers.delete(key);
    if (!this.#dirty.has(key)) this.#remembered.delete(key);
  }

  /** Writes what changes, a while after it changed; writes the rest when `signal` aborts, then ends. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#dirty.size === 0) await this.#changed(signal);
      await this.#options.clock.sleep(WRITE_DELAY_MS, signal).catch(() => undefined);
      await this.#flush();
    }
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #touch(key: string): void {
    this.#dirty.add(key);
    this.#wake?.();
  }

  async #flush(): Promise<void> {
    const keys = [...this.#dirty];
    this.#dirty.clear();
    for (const key of keys) {
      const remembered = this.#remembered.get(key);
      if (remembered === undefined) continue;
      const path = this.#pathOf(key);
      try {
        await this.#write(path, key, remembered);
        remembered.writtenAtMs = this.#options.clock.nowMs();
        this.#writeFailed = false;
      } catch (error) {
        if (!this.#writeFailed) this.#tell('write', path, error);
        this.#writeFailed = true;
      }
      if (!this.#watchers.has(key) && !this.#dirty.has(key)) this.#remembered.delete(key);
    }
  }

  async #write(path: string, key: string, { set, confirmedAtMs }: Remembered): Promise<void> {
    const { clock, directory } = this.#options;
    const query = JSON.parse(key) as ServiceQuery;
    const confirmedAtWallMs = clock.wallMs() - (clock.nowMs() - confirmedAtMs);
    const text = await encodeSnapshot({ query, confirmedAtWallMs, endpoints: set.endpoints });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const beside = `${path}.${process.pid}.tmp`;
    try {
      await writeDurably(beside, text);
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncDirectory(directory);
  }

  /** The service's name for people, and a hash because names may hold what file systems refuse. */
  #pathOf(key: string): string {
    const { service } = JSON.parse(key) as ServiceQuery;
    const readable = service.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, 64);
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
    return join(this.#options.directory, `${readable}.${hash}.snapshot`);
  }

  #tell(verb: 'read' | 'write', path: string, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot ${verb} the snapshot ${path}: ${reason}; going on without it (snapshot.path)`;
    const error = new CodedError(message, { code: 'snapshot_unusable', side: 'internal', retryable: false, cause });
    this.#options.onEvent({ kind: 'snapshot_unusable', error });
  }
}

/** One text per query, whatever order its fields came in. */
function keyOf({ service, tag, datacenter, subset }: ServiceQuery): string {
  return JSON.stringify({ service, tag, datacenter, subset });
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself durable; file systems that cannot sync a directory do not need it. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}
