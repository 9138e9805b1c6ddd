import type { Answer } from './answer.ts';
import { type Call, jsonList, segment } from './call.ts';
import { type Same, sameHealthChecks, sameHealthEntries } from './compare.ts';
import {
  type CheckStatus,
  decodeCheck,
  decodeHealthEntry,
  type HealthCheck,
  type HealthEntry,
} from './decode/health.ts';
import { ElementMemo } from './decode/large-list.ts';
import type { Exchange } from './exchange.ts';
import type { Following, PollListener, PollLoopOptions, PollTurn } from './poll-loop.ts';
import type { Consistency, ReadOptions } from './read-options.ts';
import { POLL_EVERY_MS, type Watcher, type WatchOptions } from './watch.ts';

/**
 * Answers from this size on, some 300 instances, are decoded only where they changed. Below it that would save some
 * milliseconds, and cost as much memory as everything else of a watch.
 */
const MEMO_LEAST_BYTES = 256 * 1024;

/** Which instances of a service are asked for. */
export interface InstancesOptions {
  /** Only instances with all of these tags; upper and lower case are the same. */
  readonly tags?: readonly string[] | undefined;
  /** Only instances all of whose checks pass. It drops those with a warning, which may have a weight. */
  readonly passing?: boolean | undefined;
}

/** Which instances a watch that tells a listener is of, and how it asks. */
type FollowOptions = Pick<ReadOptions, 'datacenter' | 'filter' | 'consistency'>;

/** Hears a watch of a service's instances. Must not throw. */
export interface InstancesListener<T> extends PollListener<readonly T[]> {
  /** Makes of an instance what is kept of it. */
  read(entry: HealthEntry): T;
}

const decodeEntries = jsonList(decodeHealthEntry);

/** `/v1/health`: who is well. A token that may not read a service gets an empty list, not an error. */
export class HealthApi {
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** The instances of a service with their checks; an unknown service has none. `GET /v1/health/service/:service`. */
  service(service: string, options: ReadOptions & InstancesOptions = {}): Promise<Answer<readonly HealthEntry[]>> {
    return this.#instances('service', service, options, decodeEntries);
  }

  /** The proxies and natively connected instances of a service. `GET /v1/health/connect/:service`. */
  connect(service: string, options: ReadOptions & InstancesOptions = {}): Promise<Answer<readonly HealthEntry[]>> {
    return this.#instances('connect', service, options, decodeEntries);
  }

  /** The checks on a node. `GET /v1/health/node/:node`. */
  node(node: string, options: ReadOptions = {}): Promise<Answer<readonly HealthCheck[]>> {
    return this.#checks(`health/node/${segment(node)}`, `node:read on "${node}"`, options);
  }

  /** The checks of a service, on all nodes. `GET /v1/health/checks/:service`. */
  checks(service: string, options: ReadOptions = {}): Promise<Answer<readonly HealthCheck[]>> {
    return this.#checks(`health/checks/${segment(service)}`, `service:read on "${service}"`, options);
  }

  /** All checks in this state. `GET /v1/health/state/:state`. */
  state(state: CheckStatus | 'any', options: ReadOptions = {}): Promise<Answer<readonly HealthCheck[]>> {
    return this.#checks(`health/state/${state}`, 'node:read and service:read', options);
  }

  /**
   * The instances of a service, each time they really change: who, where, tags, weights, check statuses; not the output
   * of checks. Unless a consistency is set, it goes through the agent's cache: all such watches of a host share one
   * query, and an abandoned one frees its connection at once. Instances that did not change are the same objects as in
   * the answer before.
   */
  watchService(
    service: string,
    options: WatchOptions<readonly HealthEntry[]> & InstancesOptions = {},
  ): AsyncGenerator<Answer<readonly HealthEntry[]>> {
    return this.watchInstances(service, (entry) => entry, { ...options, same: options.same ?? sameHealthEntries });
  }

  /**
   * The same with only what `convert` makes of each instance, so that nothing else of large answers is kept. In those,
   * what it makes of one that did not change is the same object as before.
   */
  watchInstances<T>(
    service: string,
    convert: (entry: HealthEntry) => T,
    options: WatchOptions<readonly T[]> & InstancesOptions & { readonly same: Same<readonly T[]> },
  ): AsyncGenerator<Answer<readonly T[]>> {
    const { tags, passing, same, ...rest } = options;
    const memo = new ElementMemo<T>(MEMO_LEAST_BYTES);
    const decode = jsonList((value) => convert(decodeHealthEntry(value)), memo);
    return this.#watcher.watch(
      (read) => this.#instances('service', service, { ...read, tags, passing }, decode),
      { ...rest, consistency: this.#watchConsistency(rest) },
      same,
    );
  }

  /**
   * The same, told to a listener: every answer, with news or without, and only what it makes of each instance, so that
   * nothing else of large answers is kept. An answer that came again as it was is the same list; in large ones what is
   * made of an instance that did not change is the same object as before.
   * @internal
   */
  followInstances<T>(service: string, listener: InstancesListener<T>, options: FollowOptions = {}): Following {
    const reading = { ...options, consistency: this.#watchConsistency(options) };
    return this.#watcher.follow(new InstancesReader(this.#exchange, service, listener, reading));
  }

  /** All checks in this state, each time one changes. */
  watchState(
    state: CheckStatus | 'any',
    options: WatchOptions<readonly HealthCheck[]> = {},
  ): AsyncGenerator<Answer<readonly HealthCheck[]>> {
    return this.#watcher.watch((read) => this.state(state, read), options, sameHealthChecks);
  }

  #watchConsistency({ consistency }: FollowOptions): Consistency {
    return consistency ?? this.#exchange.defaults.consistency ?? 'cached';
  }

  #instances<T>(
    by: 'service' | 'connect',
    service: string,
    { tags, passing, ...options }: ReadOptions & InstancesOptions,
    decode: Call<readonly T[]>['decode'],
  ): Promise<Answer<readonly T[]>> {
    const query = (tags ?? []).map((tag): [string, string] => ['tag', tag]);
    if (passing === true) query.push(['passing', '1']);
    return this.#exchange.read(instancesCall(by, service, decode, query), options);
  }

  #checks(path: string, needs: string, options: ReadOptions): Promise<Answer<readonly HealthCheck[]>> {
    return this.#exchange.read({ path, needs, decode: jsonList(decodeCheck) }, options);
  }
}

/** Reads the instances of a service again and again, for one listener. */
class InstancesReader<T> implements PollLoopOptions<readonly T[]> {
  readonly listener: InstancesListener<T>;
  readonly pollEveryMs = POLL_EVERY_MS;
  readonly #exchange: Exchange;
  readonly #service: string;
  readonly #options: FollowOptions;
  readonly #memo = new ElementMemo<T>(MEMO_LEAST_BYTES);

  constructor(exchange: Exchange, service: string, listener: InstancesListener<T>, options: FollowOptions) {
    this.#exchange = exchange;
    this.#service = service;
    this.listener = listener;
    this.#options = options;
  }

  read(turn: PollTurn, signal: AbortSignal): Promise<Answer<readonly T[]>> {
    const decode = jsonList((value) => this.listener.read(decodeHealthEntry(value)), this.#memo);
    return this.#exchange.read(instancesCall('service', this.#service, decode), { ...this.#options, ...turn, signal });
  }
}

function instancesCall<T>(
  by: 'service' | 'connect',
  service: string,
  decode: Call<readonly T[]>['decode'],
  query: readonly (readonly [string, string])[] = [],
): Call<readonly T[]> {
  const needs = `service:read on "${service}" and node:read on its nodes`;
  return { path: `health/${by}/${segment(service)}`, query, needs, decode };
}
