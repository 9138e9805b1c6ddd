import type { Clock } from '../runtime/clock.ts';
import { Tasks } from '../runtime/task.ts';
import { ConsulError, isConsulError } from './consul-error.ts';
import type { CallOptions } from './read-options.ts';
import type { SessionApi, SessionDefinition } from './session.ts';

/** What a {@link SessionKeeper} is made of. */
export interface SessionKeeperOptions {
  readonly sessions: SessionApi;
  readonly clock: Clock;
  readonly definition: SessionDefinition & { readonly ttlMs: number };
  /** Where the session lives, and whose token it is made with. */
  readonly scope: Pick<CallOptions, 'datacenter' | 'namespace' | 'partition' | 'token'>;
}

/** Renewals in a TTL: one may fail, and the next is still in time. */
const RENEWALS_PER_TTL = 3;

/** A session that is renewed until it is closed, or until Consul has ended it or may have. */
export class SessionKeeper {
  readonly id: string;
  readonly #options: SessionKeeperOptions;
  readonly #lost = new AbortController();
  readonly #tasks: Tasks;
  #renewedAtMs: number;

  private constructor(id: string, startedAtMs: number, options: SessionKeeperOptions) {
    this.id = id;
    this.#options = options;
    this.#renewedAtMs = startedAtMs;
    this.#tasks = new Tasks((_name, error) => this.#lost.abort(error));
    this.#tasks.start('renew', (signal) => this.#renew(signal));
  }

  /** Makes a session and begins to renew it. @throws ConsulError */
  static async open(options: SessionKeeperOptions, signal: AbortSignal | undefined): Promise<SessionKeeper> {
    const startedAtMs = options.clock.nowMs();
    const id = await options.sessions.create(options.definition, { ...options.scope, signal });
    return new SessionKeeper(id, startedAtMs, options);
  }

  /** Aborts when the session has ended, or could not be renewed for a whole TTL and so may have. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Stops renewing and ends the session. If Consul cannot be reached, it ends by itself. */
  async close(): Promise<void> {
    await this.#tasks.stop();
    try {
      await this.#options.sessions.destroy(this.id, this.#options.scope);
    } catch (error) {
      if (!(error instanceof ConsulError)) throw error;
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { sessions, clock, definition, scope } = this.#options;
    const everyMs = definition.ttlMs / RENEWALS_PER_TTL;
    for (;;) {
      const leftMs = this.#renewedAtMs + definition.ttlMs - clock.nowMs();
      if (leftMs <= 0) return this.#lose('it could not be renewed within its TTL');
      await clock.sleep(Math.min(everyMs, leftMs), signal);
      const startedAtMs = clock.nowMs();
      const timeoutMs = Math.max(1, Math.min(everyMs, this.#renewedAtMs + definition.ttlMs - startedAtMs));
      try {
        await sessions.renew(this.id, { ...scope, signal, timeoutMs });
        this.#renewedAtMs = startedAtMs;
      } catch (error) {
        signal.throwIfAborted();
        if (isConsulError(error, 'NotFound')) return this.#lose('Consul has ended it');
        if (!(error instanceof ConsulError)) throw error;
      }
    }
  }

  #lose(why: string): void {
    const path = `/v1/session/renew/${this.id}`;
    this.#lost.abort(
      new ConsulError({ kind: 'Conflict', method: 'PUT', path, problem: `the session is lost: ${why}` }),
    );
  }
}
