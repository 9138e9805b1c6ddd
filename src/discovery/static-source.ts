import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { staticEndpoints } from '../upstream/static-endpoints.ts';
import { newestOf } from './newest.ts';

/** A list that never changes: the `endpoints` of an upstream in the configuration. Asks nobody. */
export class StaticSource implements EndpointSource {
  readonly #set: EndpointSet;

  /**
   * @param addresses `host:port`, `[IPv6]:port`; a repeated one counts once
   * @throws CodedError `invalid_static_endpoint`
   */
  constructor(addresses: readonly string[]) {
    this.#set = { origin: 'static', endpoints: staticEndpoints([...new Set(addresses)]) };
  }

  /** Yields the list once, whatever the query, and ends when `signal` aborts. */
  watch(_query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, async (put, ended) => {
      put(this.#set);
      observer.confirmed();
      await new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
    });
  }
}
