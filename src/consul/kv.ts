import type { Answer } from './answer.ts';
import { type Call, json } from './call.ts';
import { type Same, sameValue } from './compare.ts';
import { ConsulError } from './consul-error.ts';
import { decodeBoolean } from './decode/decoder.ts';
import { decodeKeys, decodeKvEntry, type KvEntry } from './decode/kv.ts';
import { decodeLargeList } from './decode/large-list.ts';
import { parseJson } from './decode/parse-json.ts';
import type { Exchange } from './exchange.ts';
import { keyPath } from './kv-key.ts';
import { bytesOf, type KvValue } from './kv-value.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';
import type { Watcher, WatchOptions } from './watch.ts';
import type { WireReply } from './wire.ts';

/** When and how a value is stored. At most one of `cas`, `acquire`, `release`. */
export interface PutOptions extends CallOptions {
  /** Up to 2^64-1; default 0. */
  readonly flags?: bigint | undefined;
  /** Only if the key's ModifyIndex is this; 0: only if there is no such key. */
  readonly cas?: number | undefined;
  /** Only if this session holds the lock or gets it. */
  readonly acquire?: string | undefined;
  /** Only if this session holds the lock; gives it back. */
  readonly release?: string | undefined;
}

/** When a key is deleted. */
export interface DeleteOptions extends CallOptions {
  /** Only if the key's ModifyIndex is this. */
  readonly cas?: number | undefined;
}

/** `/v1/kv`: Consul's key-value store. Keys have no leading slash, `//`, `.` or `..`; Consul would change them. */
export class KvApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** A key; undefined when there is none, and the answer's index can be waited on all the same. `GET /v1/kv/:key`. */
  get(key: string, options: ReadOptions = {}): Promise<Answer<KvEntry | undefined>> {
    return this.#read(key, { read: async (reply) => (await readEntries(reply))[0], query: [], whole: false }, options);
  }

  /** Only a key's value; undefined when there is none. `GET /v1/kv/:key?raw`. */
  raw(key: string, options: ReadOptions = {}): Promise<Answer<Buffer | undefined>> {
    const read = (reply: WireReply) => (reply.status === 404 ? undefined : reply.body);
    return this.#read(key, { read, query: [['raw', '']], whole: false }, options);
  }

  /**
   * All keys that start with this text, with their values; '' is all there are. End it with a slash to mean a folder:
   * `app` takes `app-2` too. `GET /v1/kv/:prefix?recurse`.
   */
  list(prefix: string, options: ReadOptions = {}): Promise<Answer<readonly KvEntry[]>> {
    return this.#read(prefix, { read: readEntries, query: [['recurse', '']], whole: true }, options);
  }

  /**
   * The names of all keys that start with this text; with a separator only up to it, as folders are listed.
   * `GET /v1/kv/:prefix?keys`.
   */
  keys(
    prefix: string,
    options: ReadOptions & { readonly separator?: string | undefined } = {},
  ): Promise<Answer<readonly string[]>> {
    const { separator, ...rest } = options;
    const query: [string, string][] = [['keys', '']];
    if (separator !== undefined) query.push(['separator', separator]);
    const read = (reply: WireReply) => (reply.status === 404 ? [] : decodeKeys(parseJson(reply.body)));
    return this.#read(prefix, { read, query, whole: true }, rest);
  }

  /** Stores a value. False when the condition in the options did not hold. `PUT /v1/kv/:key`. */
  put(key: string, value: KvValue, options: PutOptions = {}): Promise<boolean> {
    const { flags, cas, acquire, release, ...rest } = options;
    const query: [string, string][] = [];
    if (flags !== undefined) query.push(['flags', String(flags)]);
    if (cas !== undefined) query.push(['cas', String(cas)]);
    if (acquire !== undefined) query.push(['acquire', acquire]);
    if (release !== undefined) query.push(['release', release]);
    return this.#write(key, { method: 'PUT', query, body: bytesOf(value) }, rest);
  }

  /** Deletes a key; true also when there was none. False when `cas` did not hold. `DELETE /v1/kv/:key`. */
  delete(key: string, options: DeleteOptions = {}): Promise<boolean> {
    const { cas, ...rest } = options;
    return this.#write(key, { method: 'DELETE', query: cas === undefined ? [] : [['cas', String(cas)]] }, rest);
  }

  /**
   * Deletes all keys that start with this text: end it with a slash to mean a folder. '' is refused.
   * `DELETE /v1/kv/:prefix?recurse`.
   */
  deletePrefix(prefix: string, options: CallOptions = {}): Promise<boolean> {
    return this.#write(prefix, { method: 'DELETE', query: [['recurse', '']] }, options);
  }

  /** A key, each time its value, flags or lock change, or it comes or goes (undefined). */
  watch(key: string, options: WatchOptions<KvEntry | undefined> = {}): AsyncGenerator<Answer<KvEntry | undefined>> {
    return this.#watcher.watch((read) => this.get(key, read), options, sameEntry);
  }

  /** All keys that start with this text, each time one of them changes, comes or goes. */
  watchPrefix(
    prefix: string,
    options: WatchOptions<readonly KvEntry[]> = {},
  ): AsyncGenerator<Answer<readonly KvEntry[]>> {
    return this.#watcher.watch((read) => this.list(prefix, read), options, sameEntries);
  }

  async #read<T>(
    key: string,
    how: { read: (reply: WireReply) => T | Promise<T>; query: readonly (readonly [string, string])[]; whole: boolean },
    options: ReadOptions,
  ): Promise<Answer<T>> {
    if (!how.whole) refuseEmpty(key, 'GET');
    const call: Call<T> = {
      path: `kv/${keyPath(key, 'GET')}`,
      query: how.query,
      needs: `key:read on "${key}"`,
      decode: how.read,
      answers: [404],
      indexOnMiss: true,
    };
    return this.#exchange.read(call, options);
  }

  async #write(
    key: string,
    how: { method: 'PUT' | 'DELETE'; query: readonly (readonly [string, string])[]; body?: Uint8Array },
    options: CallOptions,
  ): Promise<boolean> {
    refuseEmpty(key, how.method);
    const path = `kv/${keyPath(key, how.method)}`;
    return this.#exchange.write({ ...how, path, needs: `key:write on "${key}"`, decode: json(decodeBoolean) }, options);
  }
}

async function readEntries(reply: WireReply): Promise<readonly KvEntry[]> {
  return reply.status === 404 ? [] : decodeLargeList(reply.body, decodeKvEntry);
}

/** A key set again to what it was keeps its ModifyIndex; one deleted and made again is another, though it looks the same. */
const sameEntry: Same<KvEntry | undefined> = (a, b) =>
  a === undefined || b === undefined ? a === b : a.modifyIndex === b.modifyIndex && sameValue(a, b);

const sameEntries: Same<readonly KvEntry[]> = (a, b) =>
  a.length === b.length && a.every((entry, index) => sameEntry(entry, b[index]));

function refuseEmpty(key: string, method: string): void {
  if (key !== '') return;
  throw new ConsulError({ kind: 'BadRequest', method, path: '/v1/kv/', problem: 'the key is empty' });
}
