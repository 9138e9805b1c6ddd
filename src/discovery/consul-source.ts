import type { HealthApi } from '../consul/health.ts';
import type { Consistency } from '../consul/read-options.ts';
import type { StatusApi } from '../consul/status.ts';
import type { WatchObserver as ConsulWatchObserver } from '../consul/watch-observer.ts';
import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { ConsulReturn } from './consul-return.ts';
import { EndpointBook } from './endpoint-book.ts';
import { newestOf } from './newest.ts';

/** What a {@link ConsulSource} is made of. */
export interface ConsulSourceOptions {
  /** A `ConsulClient`; its budget, waits and poll connections are what all watches share. */
  readonly consul: {
    readonly health: Pick<HealthApi, 'service' | 'watchService'>;
    readonly status: Pick<StatusApi, 'leader'>;
  };
  readonly clock: Clock;
  /** Default `cached`: all watches of a host share one query in the agent, and an abandoned one costs nothing. */
  readonly consistency?: Consistency | undefined;
}

/** For the cheap call by which Consul's return is noticed. */
const LEADER_TIMEOUT_MS = 2000;

/**
 * Watches services in Consul's catalog, by blocking queries on `/v1/health/service/:name`. All instances are fetched,
 * never only the passing ones (a warning has a weight, and panic needs the rest), and a tag is filtered here, so that
 * watches that differ in it share one cached query in the agent.
 */
export class ConsulSource implements EndpointSource {
  readonly #options: ConsulSourceOptions;
  readonly #return: ConsulReturn;

  constructor(options: ConsulSourceOptions) {
    const { consul, clock } = options;
    this.#options = options;
    this.#return = new ConsulReturn({
      isThere: async (signal) => (await consul.status.leader({ signal, timeoutMs: LEADER_TIMEOUT_MS })) !== undefined,
      clock,
    });
  }

  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, (put, ended) => this.#run({ query, observer, put }, ended));
  }

  /** Asks the leader once, past every cache: the evidence that the shrink guard wants. @throws ConsulError */
  async reread(query: ServiceQuery, signal: AbortSignal): Promise<readonly Endpoint[]> {
    const { datacenter, service } = query;
    const { health } = this.#options.consul;
    const { value } = await health.service(service, { datacenter, signal, consistency: 'consistent' });
    return (await new EndpointBook(query.tag).take(value)) ?? [];
  }

  /** Watches until `signal` aborts or the client is closed; begins anew, ahead of the back-off, when Consul is back. */
  async #run(
    { query, observer, put }: { query: ServiceQuery; observer: WatchObserver; put: (set: EndpointSet) => void },
    signal: AbortSignal,
  ): Promise<void> {
    const { consul, consistency = 'cached' } = this.#options;
    const { service, datacenter } = query;
    const book = new EndpointBook(query.tag);
    for (let isRestarted = true; isRestarted && !signal.aborted; ) {
      const restart = new AbortController();
      const answers = consul.health.watchService(service, {
        signal: AbortSignal.any([signal, restart.signal]),
        datacenter,
        consistency,
        observer: this.#listen(observer, restart),
        // The book compares anyway, in smaller steps.
        same: () => false,
      });
      try {
        for await (const { value } of answers) {
          const endpoints = await book.take(value);
          if (endpoints !== undefined) put({ origin: 'consul', endpoints });
        }
      } finally {
        isRestarted = restart.signal.aborted;
        restart.abort();
      }
    }
  }

  /** Passes on how the watch is doing, and asks for a restart when Consul was gone and is there again. */
  #listen(observer: WatchObserver, restart: AbortController): ConsulWatchObserver {
    let looking: AbortController | undefined;
    return {
      confirmed() {
        looking?.abort();
        looking = undefined;
        observer.confirmed();
      },
      stale: ({ ageMs, lastContactMs }) => observer.failed(staleError(ageMs ?? lastContactMs ?? 0)),
      failed: (error) => {
        observer.failed(error);
        if (!error.retryable || looking !== undefined) return;
        const look = new AbortController();
        looking = look;
        restart.signal.addEventListener('abort', () => look.abort(), { once: true, signal: look.signal });
        void this.#return.seen(look.signal).then((isBack) => {
          if (looking === look) looking = undefined;
          if (isBack) restart.abort();
        });
      },
    };
  }
}

function staleError(ageMs: number): CodedError {
  const message = `the Consul agent answers with a view ${ageMs} ms old: it is cut off from the servers, or they from their leader`;
  return new CodedError(message, { code: 'catalog_stale', side: 'internal', retryable: true });
}
