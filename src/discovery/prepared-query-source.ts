import type { PreparedQueryApi } from '../consul/prepared-query.ts';
import type { Consistency } from '../consul/read-options.ts';
import type { EndpointSet, IterableSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { endpointReader } from './consul-endpoint.ts';
import { consulObserver } from './consul-observer.ts';
import { EndpointBook } from './endpoint-book.ts';

/** What a {@link PreparedQuerySource} is made of. */
export interface PreparedQuerySourceOptions {
  /** A `ConsulClient`. */
  readonly consul: { readonly query: Pick<PreparedQueryApi, 'watch'> };
  /** Never `cached`: that cache keeps the answers of prepared queries without renewing them. Default `default`. */
  readonly consistency?: Exclude<Consistency, 'cached'> | undefined;
  /** The pause between two runs of the query. Default 10 s. */
  readonly pollEveryMs?: number | undefined;
}

/**
 * Runs prepared queries again and again: their answers carry no index to wait for (docs/consul-client.md 51;
 * `GET /v1/query/:id/execute`). Which instances there are, also those of another datacenter, is for the query to say, so
 * everything in an answer is used.
 */
export class PreparedQuerySource implements IterableSource {
  readonly #options: PreparedQuerySourceOptions;

  constructor(options: PreparedQuerySourceOptions) {
    this.#options = options;
  }

  /**
   * Runs `query.preparedQuery`, in the datacenter and with the tag that a caller named, if any. A query that does not
   * exist is a failure, since it says nothing about instances. Ends also when the client is closed.
   */
  async *watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncGenerator<EndpointSet> {
    const { consul, consistency = 'default', pollEveryMs } = this.#options;
    const { service, preparedQuery = service, datacenter, tag } = query;
    const book = new EndpointBook();
    const read = endpointReader(tag);
    const answers = consul.query.watch(preparedQuery, {
      signal,
      datacenter,
      consistency,
      pollEveryMs,
      observer: consulObserver(observer),
      // The book compares anyway, in smaller steps.
      same: () => false,
    });
    for await (const { value } of answers) {
      const endpoints = await book.take(value.entries.values().map(read));
      if (endpoints !== undefined) yield { origin: 'consul', endpoints };
    }
  }
}
