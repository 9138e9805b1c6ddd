import { neverSame, sameValue } from '../consul/compare.ts';
import type { ConsulClient } from '../consul/consul-client.ts';
import { ConsulError } from '../consul/consul-error.ts';
import type { KvEntry } from '../consul/decode/kv.ts';
import type { CallOptions } from '../consul/read-options.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { Random } from '../runtime/random.ts';
import type { LayerEntries } from './build-tree.ts';

/** The part of the client that a configuration needs. */
export type KvConsul = Pick<ConsulClient, 'kv' | 'txn'>;

/** What a {@link LayerWatch} is made of. */
export interface LayerWatchOptions {
  readonly consul: KvConsul;
  /** Folders, each with its slash; the later is laid over the earlier. */
  readonly folders: readonly string[];
  /** Sent with every call. */
  readonly scope: Pick<CallOptions, 'datacenter' | 'namespace' | 'partition' | 'token'>;
  readonly clock: Clock;
  readonly random: Random;
  /** A new consistent reading of all layers. Awaited before the next. */
  readonly onLayers: (layers: readonly LayerEntries[]) => Promise<void>;
  /** Consul could not be asked. */
  readonly onFailure: (error: CodedError) => void;
}

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;

/**
 * Keeps several folders of KV in sight as one. A watch per folder says what is there; when that is not what was read
 * last, all folders are read by one transaction, so that a change of several keys at once is seen whole or not at all,
 * whatever folders they are in.
 */
export class LayerWatch {
  readonly #options: LayerWatchOptions;
  /** The last reading; undefined while another is under way, and when Consul could not be asked since. */
  #read: readonly LayerEntries[] | undefined;
  /** By folder, what watches answered while a reading was under way; undefined while none is. */
  #meanwhile: Map<string, readonly KvEntry[]> | undefined;
  #isDue = false;
  #wake: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: LayerWatchOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts or the client is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const inner = AbortSignal.any([signal, ended.signal]);
    const reading = this.#readWhenDue(inner).catch((error: unknown) => {
      if (!inner.aborted) throw error;
    });
    try {
      await Promise.race([reading, Promise.all(this.#options.folders.map((folder) => this.#watch(folder, inner)))]);
    } finally {
      ended.abort();
      await reading.catch(() => undefined);
      for (const done of this.#waiting.splice(0)) done();
    }
  }

  /** Reads anew, and resolves once a reading that began after this call was taken, or the run has ended. */
  refresh(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#due();
    });
  }

  async #watch(folder: string, signal: AbortSignal): Promise<void> {
    const { consul, scope, onFailure } = this.#options;
    const failed = (error: ConsulError) => {
      this.#read = undefined;
      onFailure(error);
    };
    // Readings see more than this folder's watch does: an answer that is no news to it may be news after a reading.
    const options = { ...scope, signal, same: neverSame, observer: { failed } };
    for await (const { value } of consul.kv.watchPrefix(folder, options)) {
      if (this.#meanwhile !== undefined) this.#meanwhile.set(folder, value);
      else if (!this.#hasRead(folder, value)) this.#due();
    }
  }

  #hasRead(folder: string, entries: readonly KvEntry[]): boolean {
    const read = this.#read?.find((layer) => layer.folder === folder);
    return read !== undefined && sameValue(read.entries, entries);
  }

  /** Ends a pause too: a watch that has an answer means that Consul is there again. */
  #due(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  async #readWhenDue(signal: AbortSignal): Promise<void> {
    const { clock, random, onLayers, onFailure } = this.#options;
    const backoff = new Backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random });
    while (!signal.aborted) {
      await this.#whenDue(signal);
      this.#isDue = false;
      const waiting = this.#waiting.splice(0);
      try {
        await onLayers(await this.#readNow(signal));
        backoff.reset();
      } catch (error) {
        if (signal.aborted || !(error instanceof ConsulError)) throw error;
        onFailure(error);
        this.#isDue = true;
        await this.#pause(Math.max(backoff.nextMs(), error.retryAfterMs ?? 0), clock, signal);
      } finally {
        for (const done of waiting) done();
      }
    }
  }

  /** @throws ConsulError */
  async #readNow(signal: AbortSignal): Promise<readonly LayerEntries[]> {
    const meanwhile = new Map<string, readonly KvEntry[]>();
    this.#meanwhile = meanwhile;
    this.#read = undefined;
    try {
      this.#read = await readLayers(this.#options, signal);
    } finally {
      this.#meanwhile = undefined;
    }
    for (const [folder, entries] of meanwhile) if (!this.#hasRead(folder, entries)) this.#due();
    return this.#read;
  }

  #whenDue(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isDue) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }

  /** Ends early when a reading is due. */
  #pause(forMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#wake = undefined;
        act();
      };
      const onAbort = () => end(() => reject(signal.reason));
      const timer = clock.after(forMs, () => end(resolve));
      this.#wake = () => end(resolve);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** Reads all folders at one moment. @throws ConsulError */
async function readLayers(
  { consul, folders, scope }: Pick<LayerWatchOptions, 'consul' | 'folders' | 'scope'>,
  signal: AbortSignal | undefined,
): Promise<readonly LayerEntries[]> {
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) {
    return [{ folder: only, entries: (await consul.kv.list(only, { ...scope, signal })).value }];
  }
  const outcome = await consul.txn.kv(
    folders.map((prefix) => ({ verb: 'get-tree', prefix })),
    { ...scope, signal },
  );
  if (!outcome.committed) throw refused(outcome.errors.map(({ what }) => what).join('; '));
  const entries = outcome.results.flatMap((result): KvEntry[] => (result.kind === 'kv' ? [result.entry] : []));
  return folders.map((folder) => ({ folder, entries: entries.filter(({ key }) => key.startsWith(folder)) }));
}

/** A transaction that only reads fails as a whole when the token may not read one of the folders. */
function refused(what: string): ConsulError {
  const denied = /denied/i.test(what);
  return new ConsulError({
    kind: denied ? 'PermissionDenied' : 'ServerError',
    method: 'PUT',
    path: '/v1/txn',
    problem: what,
    consulText: what,
    missingRule: denied ? 'key:read on every folder of the configuration' : undefined,
  });
}
