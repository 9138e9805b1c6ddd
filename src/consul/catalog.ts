import type { Answer } from './answer.ts';
import { json, jsonList, nothing, segment } from './call.ts';
import { sameByKey, sameValue } from './compare.ts';
import {
  type CatalogEntry,
  type CatalogNode,
  decodeCatalogEntry,
  decodeCatalogNode,
  decodeDatacenters,
  decodeServiceTags,
} from './decode/catalog.ts';
import { type CheckStatus, decodeNode, type NodeInfo } from './decode/health.ts';
import type { Exchange } from './exchange.ts';
import { type CallOptions, entriesOf, type ReadOptions, type StringMap } from './read-options.ts';
import type { Watcher, WatchOptions } from './watch.ts';

/** What is written straight into the catalog; for things that no agent looks after. */
export interface CatalogRegistration {
  readonly node: string;
  readonly address: string;
  readonly nodeMeta?: StringMap | undefined;
  readonly service?: CatalogServiceRegistration | undefined;
  readonly checks?: readonly CatalogCheck[] | undefined;
  /** Leaves the node's own entry as it is. */
  readonly skipNodeUpdate?: boolean | undefined;
}

/** A service in a {@link CatalogRegistration}. */
export interface CatalogServiceRegistration {
  readonly id?: string | undefined;
  readonly name: string;
  readonly tags?: readonly string[] | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly meta?: StringMap | undefined;
}

/** A check in a {@link CatalogRegistration}; nobody runs it, its status is what is written. */
export interface CatalogCheck {
  readonly id: string;
  readonly name: string;
  readonly status: CheckStatus;
  /** Undefined: a check of the node. */
  readonly serviceId?: string | undefined;
  readonly output?: string | undefined;
}

/** What is taken out of the catalog: a check, a service, or else the whole node. */
export interface CatalogDeregistration {
  readonly node: string;
  readonly serviceId?: string | undefined;
  readonly checkId?: string | undefined;
}

/** `/v1/catalog`: who exists, in this datacenter or another. */
export class CatalogApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** Names of all known datacenters, the nearest first. `GET /v1/catalog/datacenters`. */
  async datacenters(options: CallOptions = {}): Promise<readonly string[]> {
    const call = { path: 'catalog/datacenters', needs: 'no rule', decode: json(decodeDatacenters) };
    return (await this.#exchange.read(call, options)).value;
  }

  /** All nodes. `GET /v1/catalog/nodes`. */
  nodes(options: ReadOptions = {}): Promise<Answer<readonly NodeInfo[]>> {
    return this.#exchange.read({ path: 'catalog/nodes', needs: 'node:read', decode: jsonList(decodeNode) }, options);
  }

  /** All service names, with the tags of their instances. `GET /v1/catalog/services`. */
  services(options: ReadOptions = {}): Promise<Answer<ReadonlyMap<string, readonly string[]>>> {
    const call = { path: 'catalog/services', needs: 'service:read', decode: json(decodeServiceTags) };
    return this.#exchange.read(call, options);
  }

  /** The instances of a service, without their health. `GET /v1/catalog/service/:service`. */
  service(
    service: string,
    options: ReadOptions & { readonly tags?: readonly string[] | undefined } = {},
  ): Promise<Answer<readonly CatalogEntry[]>> {
    const { tags, ...rest } = options;
    return this.#exchange.read(
      {
        path: `catalog/service/${segment(service)}`,
        query: (tags ?? []).map((tag) => ['tag', tag]),
        needs: `service:read on "${service}" and node:read on its nodes`,
        decode: jsonList(decodeCatalogEntry),
      },
      rest,
    );
  }

  /** A node and its services; undefined when there is no such node. `GET /v1/catalog/node/:node`. */
  node(node: string, options: ReadOptions = {}): Promise<Answer<CatalogNode | undefined>> {
    const needs = `node:read on "${node}"`;
    return this.#exchange.read(
      { path: `catalog/node/${segment(node)}`, needs, decode: json(decodeCatalogNode) },
      options,
    );
  }

  /**
   * Writes into the catalog. What an agent looks after belongs to the agent: it undoes such writes; use
   * `agent.register`. `PUT /v1/catalog/register`.
   */
  async register(registration: CatalogRegistration, options: CallOptions = {}): Promise<void> {
    const { node, address, nodeMeta, service, checks, skipNodeUpdate } = registration;
    const body = {
      Node: node,
      Address: address,
      NodeMeta: nodeMeta === undefined ? undefined : Object.fromEntries(entriesOf(nodeMeta)),
      SkipNodeUpdate: skipNodeUpdate,
      Service: service === undefined ? undefined : serviceBody(service),
      Checks: checks?.map((check) => ({
        Node: node,
        CheckID: check.id,
        Name: check.name,
        Status: check.status,
        ServiceID: check.serviceId,
        Output: check.output,
      })),
      Datacenter: this.#datacenter(options),
    };
    const needs = service === undefined ? `node:write on "${node}"` : `service:write on "${service.name}"`;
    await this.#exchange.write({ method: 'PUT', path: 'catalog/register', body, needs, decode: nothing }, options);
  }

  /** Takes out of the catalog; see {@link register} for what that is good for. `PUT /v1/catalog/deregister`. */
  async deregister(what: CatalogDeregistration, options: CallOptions = {}): Promise<void> {
    const body = {
      Node: what.node,
      ServiceID: what.serviceId,
      CheckID: what.checkId,
      Datacenter: this.#datacenter(options),
    };
    const needs = `node:write on "${what.node}"`;
    await this.#exchange.write({ method: 'PUT', path: 'catalog/deregister', body, needs, decode: nothing }, options);
  }

  /** All service names and tags, each time they change. */
  watchServices(
    options: WatchOptions<ReadonlyMap<string, readonly string[]>> = {},
  ): AsyncGenerator<Answer<ReadonlyMap<string, readonly string[]>>> {
    return this.#watcher.watch((read) => this.services(read), this.#cached(options), sameValue);
  }

  /** The instances of a service, each time their definitions change; blind to checks. */
  watchService(
    service: string,
    options: WatchOptions<readonly CatalogEntry[]> = {},
  ): AsyncGenerator<Answer<readonly CatalogEntry[]>> {
    const same = sameByKey<CatalogEntry>((entry) => `${entry.node.name}\n${entry.service.id}`, sameValue);
    return this.#watcher.watch((read) => this.service(service, read), this.#cached(options), same);
  }

  /** All nodes, each time they change. */
  watchNodes(options: WatchOptions<readonly NodeInfo[]> = {}): AsyncGenerator<Answer<readonly NodeInfo[]>> {
    return this.#watcher.watch(
      (read) => this.nodes(read),
      options,
      sameByKey<NodeInfo>((node) => node.name, sameValue),
    );
  }

  /** The catalog takes the datacenter of a write in the body, not in the query. */
  #datacenter(options: CallOptions): string | undefined {
    return options.datacenter ?? this.#exchange.defaults.datacenter;
  }

  #cached<T>(options: WatchOptions<T>): WatchOptions<T> {
    return { ...options, consistency: options.consistency ?? this.#exchange.defaults.consistency ?? 'cached' };
  }
}

function serviceBody(service: CatalogServiceRegistration): Record<string, unknown> {
  return {
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Address: service.address,
    Port: service.port,
    Meta: service.meta === undefined ? undefined : Object.fromEntries(entriesOf(service.meta)),
  };
}
