import type { Answer } from './answer.ts';
import { json, nothing, segment } from './call.ts';
import { ConsulError } from './consul-error.ts';
import { decodeId, decodeSessions, type SessionBehavior, type SessionInfo } from './decode/session.ts';
import { goDuration } from './duration.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';

/** A session to create. */
export interface SessionDefinition {
  readonly name?: string | undefined;
  /** Undefined: the agent's own. */
  readonly node?: string | undefined;
  /** It ends when it is not renewed: at the earliest after this, at the latest after twice as long. 10 s to 24 h. */
  readonly ttlMs?: number | undefined;
  /** Default 15 s; 0 for none. */
  readonly lockDelayMs?: number | undefined;
  /** Default `release`. */
  readonly behavior?: SessionBehavior | undefined;
  /** Checks of the node that end it when they become critical; default `serfHealth`. */
  readonly checks?: readonly string[] | undefined;
}

/** `/v1/session`: the holders of locks. */
export class SessionApi {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Makes a session and returns its id. `PUT /v1/session/create`. */
  create(session: SessionDefinition = {}, options: CallOptions = {}): Promise<string> {
    const { name, node, ttlMs, lockDelayMs, behavior, checks } = session;
    const body = {
      Name: name,
      Node: node,
      TTL: ttlMs === undefined ? undefined : goDuration(ttlMs),
      LockDelay: lockDelayMs === undefined ? undefined : goDuration(lockDelayMs),
      Behavior: behavior,
      Checks: checks,
    };
    const needs = node === undefined ? 'session:write on the node of the agent' : `session:write on "${node}"`;
    const call = { method: 'PUT', path: 'session/create', body, needs, decode: json(decodeId) } as const;
    return this.#exchange.write(call, options);
  }

  /** Ends a session; its locks are given back or their keys deleted. `PUT /v1/session/destroy/:id`. */
  async destroy(id: string, options: CallOptions = {}): Promise<void> {
    const call = {
      method: 'PUT',
      path: `session/destroy/${segment(id)}`,
      needs: 'session:write',
      decode: nothing,
    } as const;
    await this.#exchange.write(call, options);
  }

  /**
   * Keeps a session with a TTL alive, on the connections kept for heartbeats. `PUT /v1/session/renew/:id`.
   * @throws ConsulError `NotFound` when it has ended
   */
  async renew(id: string, options: CallOptions = {}): Promise<SessionInfo> {
    const path = `session/renew/${segment(id)}`;
    const decode = json(decodeSessions);
    const renewed = await this.#exchange.write(
      { method: 'PUT', path, needs: 'session:write', decode, heartbeat: true },
      options,
    );
    const [session] = renewed;
    if (session !== undefined) return session;
    throw new ConsulError({
      kind: 'NotFound',
      method: 'PUT',
      path: `/v1/${path}`,
      problem: 'there is no such session',
    });
  }

  /** A session; undefined when it has ended or never was. `GET /v1/session/info/:id`. */
  async info(id: string, options: ReadOptions = {}): Promise<Answer<SessionInfo | undefined>> {
    const answer = await this.#read(`session/info/${segment(id)}`, options);
    return { value: answer.value[0], meta: answer.meta };
  }

  /** All sessions. `GET /v1/session/list`. */
  list(options: ReadOptions = {}): Promise<Answer<readonly SessionInfo[]>> {
    return this.#read('session/list', options);
  }

  /** The sessions of a node. `GET /v1/session/node/:node`. */
  node(node: string, options: ReadOptions = {}): Promise<Answer<readonly SessionInfo[]>> {
    return this.#read(`session/node/${segment(node)}`, options);
  }

  #read(path: string, options: ReadOptions): Promise<Answer<readonly SessionInfo[]>> {
    return this.#exchange.read({ path, needs: 'session:read', decode: json(decodeSessions) }, options);
  }
}
