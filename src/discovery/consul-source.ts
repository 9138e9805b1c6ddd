import type { HealthApi } from '../consul/health.ts';
import type { Consistency } from '../consul/read-options.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { endpointReader } from './consul-endpoint.ts';
import { consulObserver } from './consul-observer.ts';
import { EndpointBook } from './endpoint-book.ts';
import { compileFilter } from './instance-filter.ts';
import { newestOf } from './newest.ts';
import { SharedLabels } from './shared-labels.ts';

/** So many different tags, metadata and texts are remembered for all services, whose instances have most in common. */
const MAX_LABELS = 1024;

/** What a {@link ConsulSource} is made of. */
export interface ConsulSourceOptions {
  /** A `ConsulClient`; its budget, waits and poll connections are what all watches share. */
  readonly consul: { readonly health: Pick<HealthApi, 'service' | 'watchInstances'> };
  /** Default `cached`: all watches of a host share one query in the agent, and an abandoned one costs nothing. */
  readonly consistency?: Consistency | undefined;
}

/**
 * Watches services in Consul's catalog, by blocking queries on `/v1/health/service/:name`. All instances are fetched,
 * never only the passing ones (a warning has a weight, and panic needs the rest), and a tag is filtered here, so that
 * watches that differ in it share one cached query in the agent.
 */
export class ConsulSource implements EndpointSource {
  readonly #options: ConsulSourceOptions;
  readonly #shared = new SharedLabels(MAX_LABELS);

  constructor(options: ConsulSourceOptions) {
    this.#options = options;
  }

  /** Ends also when the client is closed. */
  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, async (put, ended) => {
      const { consul, consistency = 'cached' } = this.#options;
      const { service, datacenter, tag, subset } = query;
      const isIn = subset === undefined ? undefined : compileFilter(subset.filter);
      const book = new EndpointBook();
      const read = endpointReader(tag, isIn, this.#shared);
      const answers = consul.health.watchInstances(service, (entry) => book.same(read(entry)), {
        signal: ended,
        datacenter,
        // A filter that is not understood here is Consul's to apply.
        filter: isIn === undefined ? subset?.filter : undefined,
        consistency,
        observer: consulObserver(observer),
        // The book compares anyway, in smaller steps. An answer that came again as it was is the same list.
        same: (before, after) => before === after,
      });
      for await (const { value } of answers) {
        const endpoints = await book.take(value);
        if (endpoints !== undefined) put({ origin: 'consul', endpoints });
      }
    });
  }

  /** Asks the leader once, past every cache: the evidence that the shrink guard wants. @throws ConsulError */
  async reread(query: ServiceQuery, signal: AbortSignal): Promise<readonly Endpoint[]> {
    const { datacenter, service, tag, subset } = query;
    const { health } = this.#options.consul;
    const filter = subset?.filter;
    const { value } = await health.service(service, { datacenter, signal, filter, consistency: 'consistent' });
    return (await new EndpointBook().take(value.values().map(endpointReader(tag)))) ?? [];
  }
}
