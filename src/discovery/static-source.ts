import { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { newestOf } from './newest.ts';

/** A list that never changes: the `endpoints` of an upstream in the configuration. Asks nobody. */
export class StaticSource implements EndpointSource {
  readonly #set: EndpointSet;

  /**
   * @param addresses `host:port`, `[IPv6]:port`; a repeated one counts once
   * @throws CodedError `invalid_static_endpoint`
   */
  constructor(addresses: readonly string[]) {
    const endpoints = new Map(addresses.map((text) => [text, staticEndpoint(text)]));
    this.#set = { origin: 'static', endpoints: [...endpoints.values()] };
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

/**
 * The endpoint that `host:port` or `[IPv6]:port` stands for: passing, weight 1, its text as id.
 * @throws CodedError `invalid_static_endpoint`
 */
export function staticEndpoint(text: string): Endpoint {
  const match = /^(?:\[(?<v6>[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)\]|(?<host>[^\s:[\]/@]+)):(?<port>\d{1,5})$/.exec(text);
  const host = match?.groups?.v6 ?? match?.groups?.host;
  const port = Number(match?.groups?.port);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new CodedError(`endpoint "${text}" is not host:port or [IPv6]:port with a port from 1 to 65535`, {
      code: 'invalid_static_endpoint',
      side: 'internal',
      retryable: false,
    });
  }
  return {
    id: text,
    host,
    port,
    weight: 1,
    health: 'passing',
    tags: [],
    meta: new Map(),
    node: '',
    datacenter: '',
    checks: [],
  };
}
