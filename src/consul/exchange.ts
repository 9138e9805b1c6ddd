import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { type Answer, answerMeta, withOpaqueIndex } from './answer.ts';
import { ConsulError } from './consul-error.ts';
import { DecodeError, type Decoder } from './decode/decoder.ts';
import { decodeLargeList, type ElementMemo } from './decode/large-list.ts';
import { parseJson, writeJson } from './decode/parse-json.ts';
import { failureOf } from './failure.ts';
import { effectiveWaitMs, pollDeadlineMs } from './poll-deadline.ts';
import type { PollSlots } from './poll-slots.ts';
import type { QueryBudget, QueryKind } from './query-budget.ts';
import { type CallOptions, type Consistency, entriesOf, type ReadOptions } from './read-options.ts';
import type { TokenSource } from './token-source.ts';
import type { Lane, Transport, WireReply, WireRequest } from './wire.ts';

/** One call of Consul's API, apart from what the caller asks of it. */
export interface Call<T> {
  /** Default GET. */
  readonly method?: WireRequest['method'];
  /** Path below `/v1/`, its variable parts encoded with {@link segment}. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** The ACL rule it needs, for the error when Consul does not name it. */
  readonly needs: string;
  /** Reads an answer that is not an error. @throws DecodeError */
  readonly decode: (reply: WireReply) => T | Promise<T>;
  /** Statuses other than 2xx that are answers too. */
  readonly answers?: readonly number[];
  /** Whether the index of such an answer counts: only a KV 404 has one. */
  readonly indexOnMiss?: boolean;
  /** The index is opaque, as a hash is: it does not grow, and may be larger than a number can hold. */
  readonly indexIsHash?: boolean;
  /** Heartbeats go first, on connections of their own. */
  readonly heartbeat?: boolean;
}

/** What every call falls back to. */
export interface CallDefaults {
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  readonly consistency: Consistency | undefined;
  readonly waitMs: number;
  readonly timeoutMs: number;
}

/** What an {@link Exchange} is made of. */
export interface ExchangeOptions {
  readonly transport: Transport;
  readonly tokens: TokenSource;
  /** `Authorization` towards a gateway in front of Consul. */
  readonly authorization: string | undefined;
  readonly defaults: CallDefaults;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: QueryBudget | undefined;
  readonly slots: PollSlots;
  /** Refuses what the agent is too old for. */
  readonly guard: (call: { readonly method: string; readonly path: string }, options: ReadOptions) => Promise<void>;
}

/** A call that Consul had no time for is sent again this often. */
const RATE_LIMIT_RETRIES = 2;
/** The pause when a rate-limit answer names none. */
const RATE_LIMIT_PAUSE_MS = 500;

interface Sent {
  readonly reply: WireReply;
  readonly ok: boolean;
}

/** Turns typed calls into requests and answers into values or {@link ConsulError}s. */
export class Exchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** What calls fall back to. */
  get defaults(): CallDefaults {
    return this.#options.defaults;
  }

  /** Sends a read; blocks if its options say so. @throws ConsulError */
  async read<T>(call: Call<T>, options: ReadOptions = {}): Promise<Answer<T>> {
    const { reply, ok } = await (isBlocking(options) ? this.#poll(call, options) : this.#send(call, options, 'read'));
    const value = await this.#decode(call, reply);
    const meta = answerMeta(reply, ok || call.indexOnMiss === true);
    return { value, meta: call.indexIsHash === true ? withOpaqueIndex(meta, reply) : meta };
  }

  /** Sends a write. @throws ConsulError */
  async write<T>(call: Call<T>, options: CallOptions = {}): Promise<T> {
    const { reply } = await this.#send(call, options, call.heartbeat === true ? 'heartbeat' : 'write');
    return this.#decode(call, reply);
  }

  async #poll<T>(call: Call<T>, options: ReadOptions): Promise<Sent> {
    const slot = await this.#options.slots.take(effectiveWaitMs(options.waitMs, this.defaults.waitMs), options.signal);
    if (slot === undefined) return this.#send(call, options, 'read');
    try {
      return await this.#send(call, { ...options, waitMs: slot.waitMs }, 'poll');
    } finally {
      // An agent goes on counting the connection of an aborted poll until its wait ends, unless it is a cached one.
      const lingers = options.signal?.aborted === true && this.#consistency(options) !== 'cached';
      slot.release(lingers ? slot.waitMs : 0);
    }
  }

  #consistency(options: ReadOptions): Consistency | undefined {
    return options.consistency ?? this.defaults.consistency;
  }

  async #send<T>(call: Call<T>, options: ReadOptions, kind: QueryKind): Promise<Sent> {
    const at = { method: call.method ?? 'GET', path: `/v1/${call.path}` };
    await this.#options.guard(at, options);
    for (let attempt = 0; ; attempt++) {
      const token = options.token ?? (await this.#token(at));
      const request = this.#request(call, options, { kind, token });
      this.#options.budget?.spend(kind);
      const reply = await this.#options.transport.send(request);
      const ok = reply.status >= 200 && reply.status < 300;
      if (ok || call.answers?.includes(reply.status)) return { reply, ok };
      const secrets = token === undefined ? [] : [token];
      const failure = failureOf(at, reply, call.needs, secrets);
      if (failure.kind === 'PermissionDenied') this.#options.tokens.refused();
      // A poll's own loop paces itself; for other calls a refused one was certainly not carried out.
      if (failure.kind !== 'RateLimited' || kind === 'poll' || attempt >= RATE_LIMIT_RETRIES) throw failure;
      await this.#pause(failure, request.timeoutMs, options.signal);
    }
  }

  async #token(at: { readonly method: string; readonly path: string }): Promise<string | undefined> {
    try {
      return await this.#options.tokens.token();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw new ConsulError({ kind: 'BadRequest', ...at, problem, cause: error });
    }
  }

  async #pause(failure: ConsulError, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock, random } = this.#options;
    const pauseMs = failure.retryAfterMs ?? RATE_LIMIT_PAUSE_MS;
    if (pauseMs > timeoutMs) throw failure;
    await clock.sleep(pauseMs * (1 + random() / 4), signal);
  }

  #request<T>(call: Call<T>, options: ReadOptions, how: { kind: QueryKind; token: string | undefined }): WireRequest {
    const waitMs = effectiveWaitMs(options.waitMs, this.defaults.waitMs);
    const lanes: Readonly<Record<QueryKind, Lane>> = {
      read: 'call',
      write: 'call',
      poll: 'poll',
      heartbeat: 'heartbeat',
    };
    const { authorization } = this.#options;
    return {
      method: call.method ?? 'GET',
      path: `/v1/${call.path}`,
      query: queryOf(call, options, { defaults: this.defaults, waitMs, kind: how.kind }),
      headers: {
        accept: 'application/json',
        ...(how.token === undefined || how.token === '' ? {} : { 'x-consul-token': how.token }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: bodyOf(call.body),
      lane: lanes[how.kind],
      timeoutMs: how.kind === 'poll' ? pollDeadlineMs(waitMs) : (options.timeoutMs ?? this.defaults.timeoutMs),
      signal: options.signal,
    };
  }

  async #decode<T>(call: Call<T>, reply: WireReply): Promise<T> {
    try {
      return await call.decode(reply);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new ConsulError({
        kind: 'BadAnswer',
        method: call.method ?? 'GET',
        path: `/v1/${call.path}`,
        problem: error.message,
        status: reply.status,
        cause: error,
      });
    }
  }
}

/** A part of a path from outside. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** A decoder of JSON bodies, as a {@link Call} wants it. */
export function json<T>(decode: (value: unknown) => T): (reply: WireReply) => T {
  return (reply) => decode(parseJson(reply.body));
}

/** The same for lists that may be large. */
export function jsonList<T>(
  item: Decoder<T>,
  memo?: ElementMemo<T> | undefined,
): (reply: WireReply) => Promise<readonly T[]> {
  return (reply) => decodeLargeList(reply.body, item, memo);
}

/** For calls whose answer says nothing. */
export function nothing(): void {}

function isBlocking(options: ReadOptions): boolean {
  return (options.index ?? 0) >= 1 || options.hash !== undefined;
}

function bodyOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return writeJson(body);
}

interface QueryContext {
  readonly defaults: CallDefaults;
  readonly waitMs: number;
  readonly kind: QueryKind;
}

function queryOf<T>(call: Call<T>, options: ReadOptions, { defaults, waitMs, kind }: QueryContext): string {
  const query = new URLSearchParams();
  for (const [name, value] of call.query ?? []) query.append(name, value);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') query.append(name, value);
  };
  set('dc', options.datacenter ?? defaults.datacenter);
  set('ns', options.namespace ?? defaults.namespace);
  set('partition', options.partition ?? defaults.partition);
  set('peer', options.peer);
  set('filter', options.filter);
  set('near', options.near);
  for (const [key, value] of entriesOf(options.nodeMeta ?? {})) query.append('node-meta', `${key}:${value}`);
  if (kind === 'poll') {
    set('index', options.index === undefined ? undefined : String(Math.max(1, options.index)));
    set(call.indexIsHash === true ? 'index' : 'hash', options.hash);
    set('wait', `${waitMs}ms`);
  }
  const consistency = kind === 'read' || kind === 'poll' ? (options.consistency ?? defaults.consistency) : undefined;
  if (consistency !== undefined && consistency !== 'default') query.append(consistency, '');
  return query.toString();
}
