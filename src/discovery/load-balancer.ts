import type { ConsulClient } from '../consul/consul-client.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSource } from '../upstream/endpoint-source.ts';
import { Upstream } from '../upstream/upstream.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import { UpstreamWatch } from '../upstream/upstream-watch.ts';
import { ConsulSource } from './consul-source.ts';
import type { DiscoveryEvent } from './discovery-event.ts';
import { leasedFetch } from './leased-fetch.ts';
import { type LoadBalancerSettings, loadBalancerSettings } from './load-balancer-settings.ts';
import { PickedInstance } from './picked-instance.ts';
import { resilientSource } from './resilient-source.ts';

/** What a {@link LoadBalancer} is made of. */
export interface LoadBalancerOptions extends LoadBalancerSettings {
  /** A `ConsulClient`; it stays the caller's to close. */
  readonly consul: Pick<ConsulClient, 'health'>;
  /** Hears what happens, for logs. Must not throw. */
  readonly onEvent?: ((event: UpstreamEvent | DiscoveryEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** How an instance is picked. */
export interface PickOptions {
  /** Where the request failed before: another is preferred. */
  readonly exclude?: Endpoint | undefined;
  /** 32-bit hash of what the request sticks to, for `ring-hash`. */
  readonly hash?: number | undefined;
  /** How long to wait for the first answer about the service. Default 5 s. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const WAIT_MS = 5000;

/**
 * A service's instances, live, and one of them for each request: what the sidecar does, within the app. The watch begins
 * with the first pick. When Consul is gone, the last view stays in use.
 */
export class LoadBalancer implements AsyncDisposable {
  readonly #options: LoadBalancerOptions;
  readonly #source: EndpointSource;
  readonly #upstream: Upstream;
  #watch: UpstreamWatch | undefined;
  #isClosed = false;

  /** @throws CodedError `invalid_static_endpoint` when a fallback is not `host:port` */
  constructor(options: LoadBalancerOptions) {
    const { consul, clock = systemClock, random = systemRandom, onEvent = () => undefined } = options;
    this.#options = options;
    this.#source = resilientSource({ source: new ConsulSource({ consul, clock }), store: undefined, clock, onEvent });
    const settings = loadBalancerSettings(options);
    this.#upstream = new Upstream({ key: options.service, settings, clock, random, observer: onEvent });
  }

  /** Those that requests go to now; empty before the first answer about the service. */
  get endpoints(): readonly Endpoint[] {
    return this.#upstream.choice.selection.candidates.map(({ endpoint }) => endpoint);
  }

  /** Requests under way: picked, and not settled yet. */
  get inFlight(): number {
    return this.#upstream.inFlight;
  }

  /**
   * Picks an instance for one request. It counts as that instance's load until it is settled:
   * `using instance = await orders.pick()` gives it back at the end of the block, whatever happens.
   * @throws CodedError `service_not_found`, `no_instance`, `limit_reached`; the signal's reason
   */
  async pick({ exclude, hash, waitMs = WAIT_MS, signal }: PickOptions = {}): Promise<PickedInstance> {
    signal?.throwIfAborted();
    const upstream = this.#upstream;
    this.#open();
    let lease = upstream.acquire(exclude, hash);
    if (lease === undefined && upstream.state === 'waiting') {
      await this.#known(waitMs, signal);
      lease = upstream.acquire(exclude, hash);
    }
    if (lease === undefined) throw this.#refused();
    return new PickedInstance(lease);
  }

  /**
   * `fetch` to an instance: the path, with its query, on the host and port that are picked. The load is given back when
   * the answer's body has ended, so read it or cancel it. Nothing is sent twice.
   * @throws CodedError as {@link pick}; what `fetch` throws
   */
  async fetch(path: string, init: RequestInit & { readonly pick?: PickOptions | undefined } = {}): Promise<Response> {
    const { pick, ...request } = init;
    const instance = await this.pick({ signal: request.signal ?? undefined, ...pick });
    return await leasedFetch(instance, path, request);
  }

  /** Ends the watch. What was picked can still be settled. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#upstream.close();
    await this.#watch?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): void {
    if (this.#isClosed) throw new TypeError(`the balancer of ${this.#options.service} is closed`);
    this.#watch ??= new UpstreamWatch({ upstream: this.#upstream, source: this.#source, onNews: () => undefined });
  }

  async #known(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const known = this.#upstream.whenKnown(waitMs);
    if (signal === undefined) return await known;
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([known, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #refused(): CodedError {
    const { service } = this.#options;
    const { refusal, state, inFlight } = this.#upstream;
    if (refusal === 'limit') {
      const message = `${service}: ${inFlight} requests are under way, which is maxRequests; try again later`;
      return new CodedError(message, { code: 'limit_reached', side: 'app', retryable: true });
    }
    if (state === 'absent') {
      const message = `${service}: the catalog has no such service; check its name, and that it is registered`;
      return new CodedError(message, { code: 'service_not_found', side: 'app', retryable: true });
    }
    const reason = state === 'waiting' ? 'Consul could not be asked yet' : 'none of its instances is usable';
    const message = `${service}: ${reason}; wait, or name a fallback`;
    return new CodedError(message, { code: 'no_instance', side: 'upstream', retryable: true });
  }
}
