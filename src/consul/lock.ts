import { Tasks } from '../runtime/task.ts';
import { ConsulError } from './consul-error.ts';
import type { KvApi } from './kv.ts';
import type { KvValue } from './kv-value.ts';
import type { CallOptions } from './read-options.ts';
import type { SessionKeeper } from './session-keeper.ts';

/** What a {@link Lock} is made of. */
export interface LockParts {
  readonly kv: KvApi;
  readonly key: string;
  readonly value: KvValue;
  readonly flags: bigint;
  readonly session: SessionKeeper;
  readonly scope: Pick<CallOptions, 'datacenter' | 'namespace' | 'partition' | 'token'>;
}

/** A lock that is held, until it is released or lost. */
export class Lock implements AsyncDisposable {
  readonly key: string;
  /** The session that holds it. */
  readonly session: string;
  readonly #parts: LockParts;
  readonly #lost = new AbortController();
  readonly #tasks: Tasks;
  #released: Promise<boolean> | undefined;

  constructor(parts: LockParts) {
    this.key = parts.key;
    this.session = parts.session.id;
    this.#parts = parts;
    this.#tasks = new Tasks((_name, error) => this.#lost.abort(error));
    this.#tasks.start('watch', (signal) => this.#watch(signal));
    const { lost } = parts.session;
    const onLost = () => this.#lost.abort(lost.reason);
    if (lost.aborted) onLost();
    else lost.addEventListener('abort', onLost, { once: true });
  }

  /**
   * Aborts when the lock is held no more: its session ended or could not be renewed in time, or somebody took it away.
   * What it protects must stop then; Consul lets nobody else have it before the lock delay has passed.
   */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Gives the lock back and ends its session. False if that could not be told to Consul: then its TTL ends it. */
  release(): Promise<boolean> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  async #release(): Promise<boolean> {
    const { kv, key, value, flags, session, scope } = this.#parts;
    await this.#tasks.stop();
    let released = false;
    try {
      if (!this.#lost.signal.aborted) released = await kv.put(key, value, { ...scope, flags, release: session.id });
    } catch (error) {
      if (!(error instanceof ConsulError)) throw error;
    } finally {
      await session.close();
    }
    return released;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { kv, key, session, scope } = this.#parts;
    for await (const { value } of kv.watch(key, { ...scope, signal })) {
      if (value?.session === session.id) continue;
      const problem = value === undefined ? 'the key was deleted' : 'the lock was taken away from its session';
      this.#lost.abort(new ConsulError({ kind: 'Conflict', method: 'GET', path: `/v1/kv/${key}`, problem }));
      return;
    }
  }
}
