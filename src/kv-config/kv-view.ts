import type { ConsulClient } from '../consul/consul-client.ts';
import type { DeleteOptions, PutOptions } from '../consul/kv.ts';
import type { KvValue } from '../consul/kv-value.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { type KvSeen, WatchedKey } from './watched-key.ts';

/** What a {@link KvView} is made of. */
export interface KvViewOptions {
  readonly consul: Pick<ConsulClient, 'kv'>;
  readonly clock: Clock;
  /** Keys watched at once; each costs a connection to the agent. Default 64. */
  readonly maxKeys?: number | undefined;
  /** A key that nobody asked for in this time is no longer watched. Default 10 min. */
  readonly idleMs?: number | undefined;
}

const MAX_KEYS = 64;
const IDLE_MS = 600_000;
/** A key asked for so lately does not have to go for another: Consul counts an abandoned poll until its wait ends. */
const KEEP_MS = 60_000;

/**
 * Consul's KV as many readers of one machine want it: a key that was read once is watched, and read from memory from
 * then on, also while Consul is gone. Keys for which there is no room are read from Consul each time.
 */
export class KvView implements AsyncDisposable {
  readonly #options: KvViewOptions;
  /** The one used least lately is the first. */
  readonly #keys = new Map<string, WatchedKey>();
  readonly #closing = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: KvViewOptions) {
    this.#options = options;
    this.#armSweep();
  }

  /** How many keys are watched. */
  get watchedCount(): number {
    return this.#keys.size;
  }

  /** A key, as it was last seen. @throws ConsulError when it was never seen and Consul cannot be asked */
  async get(key: string, signal?: AbortSignal): Promise<KvSeen> {
    const watched = this.#watched(key);
    if (watched !== undefined) return await watched.read(signal);
    const { value } = await this.#options.consul.kv.get(key, { signal });
    return { entry: value, isStale: false, ageMs: 0 };
  }

  /**
   * A key as it is, and then each time it changes, comes or goes, or becomes stale or fresh again; the newest only. Ends
   * when `signal` aborts or the view is closed.
   * @throws CodedError `kv_watches_exhausted` when every watch is in use
   */
  watch(key: string, signal: AbortSignal): AsyncGenerator<KvSeen> {
    const watched = this.#watched(key);
    if (watched !== undefined) return watched.follow(signal);
    const message = `${this.#keys.size} keys are watched already, which is the most; read this one now and then instead`;
    throw new CodedError(message, { code: 'kv_watches_exhausted', side: 'app', retryable: true });
  }

  /** Stores a value; readers see it at once. @returns false when `cas` did not hold. @throws ConsulError */
  async put(key: string, value: KvValue, options: PutOptions = {}): Promise<boolean> {
    const done = await this.#options.consul.kv.put(key, value, options);
    await this.#keys.get(key)?.reread();
    return done;
  }

  /** Deletes a key; readers see it at once. @returns false when `cas` did not hold. @throws ConsulError */
  async delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    const done = await this.#options.consul.kv.delete(key, options);
    await this.#keys.get(key)?.reread();
    return done;
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const key of [...this.#keys.keys()]) this.#end(key);
    await Promise.all(this.#closing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The key's watch, begun if there is room. */
  #watched(key: string): WatchedKey | undefined {
    const { consul, clock } = this.#options;
    const known = this.#keys.get(key);
    if (known === undefined && (this.#isClosed || !this.#makeRoom())) return undefined;
    const watched = known ?? new WatchedKey({ key, kv: consul.kv, clock });
    this.#keys.delete(key);
    this.#keys.set(key, watched);
    watched.usedAtMs = clock.nowMs();
    return watched;
  }

  #makeRoom(): boolean {
    if (this.#keys.size < (this.#options.maxKeys ?? MAX_KEYS)) return true;
    for (const [key, watched] of this.#keys) {
      if (watched.isFollowed || !this.#isIdle(watched, KEEP_MS)) continue;
      this.#end(key);
      return true;
    }
    return false;
  }

  #isIdle(watched: WatchedKey, forMs: number): boolean {
    return this.#options.clock.nowMs() - watched.usedAtMs >= forMs;
  }

  #armSweep(): void {
    const { clock, idleMs = IDLE_MS } = this.#options;
    this.#timer = clock.after(idleMs / 10, () => {
      for (const [key, watched] of [...this.#keys])
        if (!watched.isFollowed && this.#isIdle(watched, idleMs)) this.#end(key);
      this.#armSweep();
    });
  }

  #end(key: string): void {
    const closed = this.#keys.get(key)?.close();
    this.#keys.delete(key);
    if (closed === undefined) return;
    const ended: Promise<void> = closed.finally(() => this.#closing.delete(ended));
    this.#closing.add(ended);
  }
}
