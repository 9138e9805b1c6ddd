import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { type Answer, answerMeta, withOpaqueIndex } from './answer.ts';
import type { Call, CallDefaults } from './call.ts';
import { queryOf } from './call-query.ts';
import { ConsulError } from './consul-error.ts';
import { DecodeError } from './decode/decoder.ts';
import { writeJson } from './decode/parse-json.ts';
import { failureOf } from './failure.ts';
import { effectiveWaitMs, pollDeadlineMs } from './poll-deadline.ts';
import type { PollTurn } from './poll-loop.ts';
import type { PollSlots } from './poll-slots.ts';
import type { QueryBudget, QueryKind } from './query-budget.ts';
import type { CallOptions, Consistency, ReadOptions } from './read-options.ts';
import type { TokenSource } from './token-source.ts';
import type { Lane, Transport, WireReply, WireRequest } from './wire.ts';

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

/** A read; that of a watch may have waited for its connection already. */
type ReadInTurn = ReadOptions & Partial<Pick<PollTurn, 'turn'>>;

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
  async read<T>(call: Call<T>, options: ReadInTurn = {}): Promise<Answer<T>> {
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

  async #poll<T>(call: Call<T>, { turn, ...options }: ReadInTurn): Promise<Sent> {
    const { slot } = turn ?? { slot: await this.#options.slots.take(options.signal) };
    if (slot === undefined) return this.#send(call, options, 'read');
    const waitMs = slot.waitOf(effectiveWaitMs(options.waitMs, this.defaults.waitMs));
    try {
      return await this.#send(call, { ...options, waitMs }, 'poll');
    } finally {
      // An agent goes on counting the connection of an aborted poll until its wait ends, unless it is a cached one.
      const lingers = options.signal?.aborted === true && this.#consistency(options) !== 'cached';
      slot.release(lingers ? waitMs : 0);
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

function isBlocking(options: ReadOptions): boolean {
  return (options.index ?? 0) >= 1 || options.hash !== undefined;
}

function bodyOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return writeJson(body);
}
