import type { Answer } from '../consul/answer.ts';
import { blockingQuery } from '../consul/blocking-query.ts';
import { sameHealthEntries } from '../consul/compare.ts';
import type { HealthEntry } from '../consul/decode/health.ts';
import type { HealthApi } from '../consul/health.ts';
import { blocks, type PollCursor } from '../consul/poll-cursor.ts';
import type { QueryBudget } from '../consul/query-budget.ts';
import type { Consistency, ReadOptions } from '../consul/read-options.ts';
import type { WatchObserver as ConsulWatchObserver } from '../consul/watch-observer.ts';
import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { Random } from '../runtime/random.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { endpointOf, hasTag } from './consul-endpoint.ts';
import { ConsulReturn } from './consul-return.ts';
import { changedEndpoints } from './endpoint-change.ts';
import { newestOf } from './newest.ts';
import { PollTurns } from './poll-turns.ts';

/** What a {@link ConsulSource} is made of. */
export interface ConsulSourceOptions {
  readonly health: Pick<HealthApi, 'service'>;
  /** Whether Consul can be used, cheaply; rejecting means no. `/v1/status/leader` is right for it. */
  readonly isThere: (signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
  readonly random: Random;
  /** Polls of all watches wait for their turn here; undefined: no common limit. */
  readonly budget: QueryBudget | undefined;
  /** Default `cached`: all watches of a host share one query in the agent, and an abandoned one costs nothing. */
  readonly consistency?: Consistency | undefined;
  /** How long a blocking query waits; default the client's. */
  readonly waitMs?: number | undefined;
  /** Blocking queries open at once; more watches than this take turns. Default 100. */
  readonly maxOpenPolls?: number | undefined;
}

const DEFAULT_OPEN_POLLS = 100;
/** How long a query may block while others wait for its turn. */
const SHARED_WAIT_MS = 2000;
/** The pause between reads where Consul gives no index to block on. */
const POLL_EVERY_MS = 1000;

/**
 * Watches services in Consul's catalog, by blocking queries on `/v1/health/service/:name`. All instances are fetched,
 * never only the passing ones (a warning has a weight, and panic needs the rest), and a tag is filtered here, so that
 * watches that differ in it share one cached query in the agent.
 */
export class ConsulSource implements EndpointSource {
  readonly #options: ConsulSourceOptions;
  readonly #turns: PollTurns;
  readonly #return: ConsulReturn;

  constructor(options: ConsulSourceOptions) {
    this.#options = options;
    this.#turns = new PollTurns({
      limit: options.maxOpenPolls ?? DEFAULT_OPEN_POLLS,
      sharedWaitMs: SHARED_WAIT_MS,
      clock: options.clock,
    });
    this.#return = new ConsulReturn({ isThere: options.isThere, clock: options.clock });
  }

  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, (put, ended) => this.#run({ query, observer, put }, ended));
  }

  /** Asks the leader once, past every cache: the evidence that the shrink guard wants. @throws ConsulError */
  async reread(query: ServiceQuery, signal: AbortSignal): Promise<readonly Endpoint[]> {
    await this.#options.budget?.admitPoll(signal);
    const { datacenter } = query;
    const { value } = await this.#options.health.service(query.service, {
      datacenter,
      signal,
      consistency: 'consistent',
    });
    return endpointsOf(value, query);
  }

  /** Watches until `signal` aborts; begins anew, without waiting for the back-off, when Consul comes back. */
  async #run(
    { query, observer, put }: { query: ServiceQuery; observer: WatchObserver; put: (set: EndpointSet) => void },
    signal: AbortSignal,
  ): Promise<void> {
    let current: readonly Endpoint[] | undefined;
    while (!signal.aborted) {
      const watch = new AbortController();
      const leave = () => watch.abort(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      try {
        for await (const { value } of this.#poll(query, this.#listen(observer, watch), watch.signal)) {
          const endpoints = endpointsOf(value, query);
          const changed = current === undefined ? endpoints : changedEndpoints(current, endpoints);
          if (changed === undefined) continue;
          current = changed;
          put({ origin: 'consul', endpoints: changed });
        }
      } finally {
        signal.removeEventListener('abort', leave);
        watch.abort();
      }
    }
  }

  #poll(
    query: ServiceQuery,
    observer: ConsulWatchObserver,
    signal: AbortSignal,
  ): AsyncGenerator<Answer<readonly HealthEntry[]>> {
    const { clock, random, budget } = this.#options;
    return blockingQuery(
      {
        read: (cursor, ended) => this.#read(query, cursor, ended),
        same: sameHealthEntries,
        observer,
        clock,
        random,
        budget,
        pollEveryMs: POLL_EVERY_MS,
      },
      signal,
    );
  }

  async #read(query: ServiceQuery, cursor: PollCursor, signal: AbortSignal): Promise<Answer<readonly HealthEntry[]>> {
    const { health, waitMs, consistency = 'cached', budget } = this.#options;
    const options: ReadOptions = { ...cursor, datacenter: query.datacenter, waitMs, consistency, signal };
    if (!blocks(cursor)) return await health.service(query.service, options);
    for (;;) {
      const turn = await this.#turns.take(signal);
      const ended = AbortSignal.any([signal, turn.preempted]);
      try {
        return await health.service(query.service, { ...options, waitMs: turn.waitMs ?? waitMs, signal: ended });
      } catch (error) {
        if (!turn.preempted.aborted || signal.aborted) throw error;
      } finally {
        turn.release();
      }
      await budget?.admitPoll(signal);
    }
  }

  /** Passes on how the watch is doing, and ends it when Consul was gone and is there again. */
  #listen(observer: WatchObserver, watch: AbortController): ConsulWatchObserver {
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
        watch.signal.addEventListener('abort', () => look.abort(), { once: true, signal: look.signal });
        void this.#return.seen(look.signal).then((isBack) => {
          if (looking === look) looking = undefined;
          if (isBack) watch.abort();
        });
      },
    };
  }
}

function endpointsOf(entries: readonly HealthEntry[], { tag }: ServiceQuery): readonly Endpoint[] {
  const endpoints = entries.map(endpointOf);
  return tag === undefined ? endpoints : endpoints.filter((endpoint) => hasTag(endpoint, tag));
}

function staleError(ageMs: number): CodedError {
  const message = `the Consul agent answers with a view ${ageMs} ms old: it is cut off from the servers, or they from their leader`;
  return new CodedError(message, { code: 'catalog_stale', side: 'internal', retryable: true });
}
