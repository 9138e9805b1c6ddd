import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';
import { staticEndpoints } from '../upstream/static-endpoints.ts';

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

  /** Tells the list once, whatever the query. */
  watch(_query: ServiceQuery, listener: EndpointListener): Watching {
    let isEnded = false;
    queueMicrotask(() => {
      if (isEnded) return;
      listener.changed(this.#set);
      listener.confirmed();
    });
    return {
      end() {
        isEnded = true;
        return Promise.resolve();
      },
    };
  }
}
