import type { Answer, AnswerMeta } from '../consul/answer.ts';
import type { HealthEntry } from '../consul/decode/health.ts';
import type { HealthApi, InstancesListener } from '../consul/health.ts';
import type { Following } from '../consul/poll-loop.ts';
import type { Consistency } from '../consul/read-options.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import { BROKEN_SOURCE_MS, brokenSource } from '../upstream/broken-source.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointListener, EndpointSource, ServiceQuery, Watching } from '../upstream/endpoint-source.ts';
import { endpointReader } from './consul-endpoint.ts';
import { staleError } from './consul-observer.ts';
import { EndpointBook } from './endpoint-book.ts';
import { compileFilter } from './instance-filter.ts';
import { SharedLabels } from './shared-labels.ts';

/** So many different tags, metadata and texts are remembered for all services, whose instances have most in common. */
const MAX_LABELS = 1024;

/** What a {@link ConsulSource} is made of. */
export interface ConsulSourceOptions {
  /** A `ConsulClient`; its budget, waits and poll connections are what all watches share. */
  readonly consul: { readonly health: Pick<HealthApi, 'service' | 'followInstances'> };
  /** Default `cached`: all watches of a host share one query in the agent, and an abandoned one costs nothing. */
  readonly consistency?: Consistency | undefined;
  readonly clock?: Clock | undefined;
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

  /** Tells nothing more once the client is closed. */
  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    return new ConsulWatch(this.#options, query, this.#shared).start(listener);
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

/** Undefined stands for an instance that does not count. */
type Instances = readonly (Endpoint | undefined)[];

/** One watch. */
class ConsulWatch implements InstancesListener<Endpoint | undefined>, Watching {
  readonly #options: ConsulSourceOptions;
  readonly #query: ServiceQuery;
  readonly #book = new EndpointBook();
  readonly #endpointOf: (entry: HealthEntry) => Endpoint | undefined;
  #listener: EndpointListener | undefined;
  #following: Following | undefined;
  /** The answer that came last; it came again as it was if it is the same list. */
  #answer: Instances | undefined;
  #isTaking = false;

  constructor(options: ConsulSourceOptions, query: ServiceQuery, shared: SharedLabels) {
    this.#options = options;
    this.#query = query;
    const { tag, subset } = query;
    const isIn = subset === undefined ? undefined : compileFilter(subset.filter);
    this.#endpointOf = endpointReader(tag, isIn, shared);
  }

  start(listener: EndpointListener): this {
    this.#listener = listener;
    this.#follow();
    return this;
  }

  read(entry: HealthEntry): Endpoint | undefined {
    return this.#book.same(this.#endpointOf(entry));
  }

  answered({ value }: Answer<Instances>): void {
    if (value === this.#answer) return;
    this.#answer = value;
    if (!this.#isTaking) void this.#take();
  }

  confirmed(): void {
    this.#listener?.confirmed();
  }

  stale(meta: AnswerMeta): void {
    this.#listener?.failed(staleError(meta));
  }

  failed(error: CodedError): void {
    this.#listener?.failed(error);
  }

  broke(error: unknown): void {
    const { clock = systemClock } = this.#options;
    this.#listener?.failed(brokenSource(this.#query.service, error));
    clock.after(BROKEN_SOURCE_MS, () => this.#listener === undefined || this.#follow());
  }

  end(): Promise<void> {
    this.#listener = undefined;
    return this.#following?.end() ?? Promise.resolve();
  }

  #follow(): void {
    const { consul, consistency = 'cached' } = this.#options;
    const { service, datacenter, subset } = this.#query;
    // A filter that is not understood here is Consul's to apply.
    const filter = subset !== undefined && compileFilter(subset.filter) === undefined ? subset.filter : undefined;
    this.#following = consul.health.followInstances(service, this, { datacenter, filter, consistency });
  }

  /** Takes the answer, and the newest of those that come meanwhile. */
  async #take(): Promise<void> {
    this.#isTaking = true;
    try {
      for (let answer: Instances | undefined; this.#listener !== undefined && answer !== this.#answer; ) {
        answer = this.#answer;
        const endpoints = await this.#book.take(answer ?? []);
        if (endpoints !== undefined) this.#listener?.changed({ origin: 'consul', endpoints });
      }
    } catch (error) {
      this.#listener?.failed(brokenSource(this.#query.service, error));
    } finally {
      this.#isTaking = false;
    }
  }
}
