import type { Transport, WireReply, WireRequest } from '../../src/consul/wire.ts';
import { indexed, reply } from './consul-transport.ts';

/** An agent with sessions and one key that can be locked, for tests on a fake clock. It answers blocking reads in time. */
export class LockStore implements Transport {
  readonly sessions: Set<string> = new Set();
  readonly requests: string[] = [];
  readonly losses = 0;
  holder: string | undefined;
  /** Refuses to give the lock, though nobody holds it. */
  delayed = false;
  /** While set, every request fails with it. */
  down: Error | undefined;
  #index = 10;
  #made = 0;
  readonly #waiting = new Set<() => void>();

  async send(request: WireRequest): Promise<WireReply> {
    request.signal?.throwIfAborted();
    const [, , api = '', action = '', id = ''] = request.path.split('/');
    this.requests.push(`${request.method} ${api}/${action}`);
    if (this.down !== undefined) throw this.down;
    if (api === 'session') return this.#session(action, id);
    const query = new URLSearchParams(request.query);
    if (request.method === 'PUT') return this.#put(query);
    if (query.get('index') === String(this.#index)) await this.#change(request.signal);
    const entry = { Key: 'k', Value: null, Flags: 0, CreateIndex: 10, ModifyIndex: this.#index, Session: this.holder };
    return indexed(this.#index, [entry]);
  }

  async close(): Promise<void> {}

  /** Ends a session from outside. */
  expire(session: string): void {
    this.sessions.delete(session);
    if (this.holder === session) this.hold(undefined);
  }

  /** Gives the lock to somebody, or takes it away. */
  hold(session: string | undefined): void {
    this.holder = session;
    this.#index += 1;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #session(action: string, id: string): WireReply {
    if (action === 'create') {
      const made = `session-${++this.#made}`;
      this.sessions.add(made);
      return reply(200, { ID: made });
    }
    if (action === 'destroy') {
      this.expire(id);
      return reply(200, true);
    }
    return this.sessions.has(id) ? reply(200, [{ ID: id, Node: 'n' }]) : reply(404, 'no such session');
  }

  #put(query: URLSearchParams): WireReply {
    const acquire = query.get('acquire');
    const release = query.get('release');
    if (acquire !== null) {
      if (this.delayed || (this.holder !== undefined && this.holder !== acquire)) return reply(200, 'false');
      this.hold(acquire);
    }
    if (release !== null) this.hold(undefined);
    return reply(200, 'true');
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}
