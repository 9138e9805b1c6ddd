import type { Answer } from './answer.ts';
import { json, nothing, segment } from './call.ts';
import { type Same, sameHealthEntries } from './compare.ts';
import { isConsulError } from './consul-error.ts';
import type { JsonObject } from './decode/decoder.ts';
import {
  decodeQueries,
  decodeQueryResult,
  type PreparedQuery,
  type PreparedQueryResult,
} from './decode/prepared-query.ts';
import { decodeId } from './decode/session.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';
import type { Watcher, WatchOptions } from './watch.ts';

/** What a prepared query is asked for. */
export interface ExecuteOptions extends Omit<ReadOptions, 'index' | 'hash' | 'waitMs'> {
  /** At most so many instances. */
  readonly limit?: number | undefined;
}

/** A prepared query's answers are looked at this often: it cannot be waited for. */
const POLL_EVERY_MS = 10_000;

/** `/v1/query`: queries kept in Consul, with failover to other datacenters. */
export class PreparedQueryApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** Stores a query, written as Consul has it, and returns its id. `POST /v1/query`. */
  create(query: JsonObject, options: CallOptions = {}): Promise<string> {
    const needs = 'query:write';
    return this.#exchange.write({ method: 'POST', path: 'query', body: query, needs, decode: json(decodeId) }, options);
  }

  /** Replaces a query. `PUT /v1/query/:id`. */
  async update(id: string, query: JsonObject, options: CallOptions = {}): Promise<void> {
    const path = `query/${segment(id)}`;
    await this.#exchange.write({ method: 'PUT', path, body: query, needs: 'query:write', decode: nothing }, options);
  }

  /** Deletes a query. `DELETE /v1/query/:id`. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const path = `query/${segment(id)}`;
    await this.#exchange.write({ method: 'DELETE', path, needs: 'query:write', decode: nothing }, options);
  }

  /** A query by id; undefined when there is none. `GET /v1/query/:id`. */
  async get(id: string, options: CallOptions = {}): Promise<PreparedQuery | undefined> {
    try {
      return (await this.#read(`query/${segment(id)}`, options))[0];
    } catch (error) {
      if (isConsulError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** All queries. `GET /v1/query`. */
  list(options: CallOptions = {}): Promise<readonly PreparedQuery[]> {
    return this.#read('query', options);
  }

  /**
   * Runs a query. Its answer has no index: it cannot be waited for. `GET /v1/query/:id/execute`.
   * @throws ConsulError `NotFound` when there is no query of this id or name
   */
  async execute(idOrName: string, options: ExecuteOptions = {}): Promise<Answer<PreparedQueryResult>> {
    const { limit, ...rest } = options;
    const query: readonly (readonly [string, string])[] = limit === undefined ? [] : [['limit', String(limit)]];
    const path = `query/${segment(idOrName)}/execute`;
    const needs = `query:read on "${idOrName}" and service:read on its service`;
    const { value, meta } = await this.#exchange.read({ path, query, needs, decode: json(decodeQueryResult) }, rest);
    return { value, meta: { ...meta, index: undefined } };
  }

  /** Runs a query every 10 s (`pollEveryMs`), and yields what it gives each time that changes. */
  watch(
    idOrName: string,
    options: WatchOptions<PreparedQueryResult> & Pick<ExecuteOptions, 'limit'> = {},
  ): AsyncGenerator<Answer<PreparedQueryResult>> {
    const { limit, ...rest } = options;
    const read = ({ index: _index, hash: _hash, ...each }: ReadOptions) => this.execute(idOrName, { ...each, limit });
    return this.#watcher.watch(read, { ...rest, pollEveryMs: rest.pollEveryMs ?? POLL_EVERY_MS }, sameResult);
  }

  async #read(path: string, options: CallOptions): Promise<readonly PreparedQuery[]> {
    return (await this.#exchange.read({ path, needs: 'query:read', decode: json(decodeQueries) }, options)).value;
  }
}

const sameResult: Same<PreparedQueryResult> = (a, b) =>
  a.datacenter === b.datacenter && a.service === b.service && sameHealthEntries(a.entries, b.entries);
