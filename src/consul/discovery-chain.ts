import type { Answer } from './answer.ts';
import { json, segment } from './call.ts';
import { sameValue } from './compare.ts';
import { type DiscoveryChain, decodeDiscoveryChain } from './decode/discovery-chain.ts';
import type { Exchange } from './exchange.ts';
import type { ReadOptions } from './read-options.ts';
import type { Watcher, WatchOptions } from './watch.ts';

/** `/v1/discovery-chain`: what resolvers, splitters and routers together mean for a service. */
export class DiscoveryChainApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /**
   * The compiled chain of a service; one that nobody configured has a chain too. `GET /v1/discovery-chain/:service`.
   * @throws ConsulError when Connect is not enabled on the servers
   */
  get(service: string, options: ReadOptions = {}): Promise<Answer<DiscoveryChain>> {
    const path = `discovery-chain/${segment(service)}`;
    const needs = `service:read on "${service}"`;
    return this.#exchange.read({ path, needs, decode: json(decodeDiscoveryChain) }, options);
  }

  /** The compiled chain of a service, each time it changes. */
  watch(service: string, options: WatchOptions<DiscoveryChain> = {}): AsyncGenerator<Answer<DiscoveryChain>> {
    return this.#watcher.watch((read) => this.get(service, read), options, sameValue);
  }
}
