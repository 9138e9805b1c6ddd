import { AgentChecksApi } from './agent-checks.ts';
import type { Answer } from './answer.ts';
import { json, nothing, segment } from './call.ts';
import { type Same, sameValue } from './compare.ts';
import { isConsulError } from './consul-error.ts';
import {
  type AgentMember,
  type AgentSelf,
  type AgentService,
  type AgentServiceHealth,
  decodeAgentSelf,
  decodeAgentService,
  decodeAgentServices,
  decodeMembers,
  decodeServiceHealth,
  decodeServiceHealths,
} from './decode/agent.ts';
import { parseJson } from './decode/parse-json.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';
import { type ServiceDefinition, serviceBody } from './service-definition.ts';
import type { Watcher, WatchOptions } from './watch.ts';
import type { WireReply } from './wire.ts';

/** How a service is registered. */
export interface RegisterOptions extends CallOptions {
  /** Removes checks that an earlier registration had and this one has not. Default: they stay. */
  readonly replaceExistingChecks?: boolean | undefined;
}

/** Switches maintenance mode. */
export interface MaintenanceOptions extends CallOptions {
  readonly reason?: string | undefined;
}

/** `/v1/agent`: what the agent itself looks after. The catalog follows it, once there is a leader. */
export class AgentApi {
  /** The agent's checks. */
  readonly checks: AgentChecksApi;
  readonly #exchange: Exchange;
  readonly #watcher: Watcher;

  constructor(exchange: Exchange, watcher: Watcher) {
    this.checks = new AgentChecksApi(exchange);
    this.#exchange = exchange;
    this.#watcher = watcher;
  }

  /** Who the agent is. Tokens without `agent:read` may not ask: do not depend on it. `GET /v1/agent/self`. */
  async self(options: CallOptions = {}): Promise<AgentSelf> {
    return this.#get({ path: 'agent/self', needs: 'agent:read', decode: json(decodeAgentSelf) }, options);
  }

  /** The members of the cluster that gossip knows. `GET /v1/agent/members`. */
  async members(options: CallOptions & { readonly wan?: boolean | undefined } = {}): Promise<readonly AgentMember[]> {
    const { wan, ...rest } = options;
    const query: readonly (readonly [string, string])[] = wan === true ? [['wan', '1']] : [];
    return this.#get({ path: 'agent/members', query, needs: 'node:read', decode: json(decodeMembers) }, rest);
  }

  /** The services of this agent, by id. `GET /v1/agent/services`. */
  async services(
    options: Pick<ReadOptions, 'filter' | 'namespace' | 'token' | 'signal' | 'timeoutMs'> = {},
  ): Promise<ReadonlyMap<string, AgentService>> {
    return this.#get({ path: 'agent/services', needs: 'service:read', decode: json(decodeAgentServices) }, options);
  }

  /**
   * One service of this agent; blocks by `hash`, not by index. `GET /v1/agent/service/:id`.
   * @throws ConsulError `NotFound` when the agent has no such service
   */
  service(id: string, options: ReadOptions = {}): Promise<Answer<AgentService>> {
    const needs = `service:read on the service of "${id}"`;
    const path = `agent/service/${segment(id)}`;
    return this.#exchange.read({ path, needs, decode: json(decodeAgentService) }, options);
  }

  /** One service of this agent, each time its definition changes; undefined while the agent has none such. */
  watchService(
    id: string,
    options: WatchOptions<AgentService | undefined> = {},
  ): AsyncGenerator<Answer<AgentService | undefined>> {
    const same: Same<AgentService | undefined> = sameValue;
    return this.#watcher.watch((read) => this.#serviceOrNone(id, read), options, same);
  }

  /**
   * Registers a service, or changes it. 200 means that the agent knows it: without a leader it takes 7 s and nothing
   * is in the catalog yet. `PUT /v1/agent/service/register`.
   */
  async register(service: ServiceDefinition, options: RegisterOptions = {}): Promise<void> {
    const { replaceExistingChecks, ...rest } = options;
    await this.#exchange.write(
      {
        method: 'PUT',
        path: 'agent/service/register',
        query: replaceExistingChecks === true ? [['replace-existing-checks', 'true']] : [],
        body: serviceBody(service),
        needs: `service:write on "${service.name}"`,
        decode: nothing,
      },
      rest,
    );
  }

  /**
   * Takes a service away with its checks. True if it was there; false if the agent had none such, which older and
   * later versions tell in three different ways and some not at all. `PUT /v1/agent/service/deregister/:id`.
   */
  async deregister(id: string, options: CallOptions = {}): Promise<boolean> {
    const path = `agent/service/deregister/${segment(id)}`;
    const needs = `service:write on the service of "${id}"`;
    try {
      await this.#exchange.write({ method: 'PUT', path, needs, decode: nothing }, options);
      return true;
    } catch (error) {
      if (isConsulError(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Puts a service into maintenance (critical whatever its checks say) or ends it. */
  async maintainService(id: string, enable: boolean, options: MaintenanceOptions = {}): Promise<void> {
    const needs = `service:write on the service of "${id}"`;
    await this.#maintain(`agent/service/maintenance/${segment(id)}`, enable, needs, options);
  }

  /** Puts the whole node into maintenance or ends it. `PUT /v1/agent/maintenance`. */
  async maintainNode(enable: boolean, options: MaintenanceOptions = {}): Promise<void> {
    await this.#maintain('agent/maintenance', enable, 'node:write', options);
  }

  /**
   * What the agent thinks of one of its services; undefined when it has none such.
   * `GET /v1/agent/health/service/id/:id`.
   */
  serviceHealth(id: string, options: CallOptions = {}): Promise<AgentServiceHealth | undefined> {
    const path = `agent/health/service/id/${segment(id)}`;
    const decode = (reply: WireReply) =>
      reply.status === 404 ? undefined : decodeServiceHealth(parseJson(reply.body));
    return this.#get({ path, needs: 'service:read', decode, answers: HEALTH_ANSWERS }, options);
  }

  /** The same for all of its instances of a service. `GET /v1/agent/health/service/name/:name`. */
  serviceHealthByName(name: string, options: CallOptions = {}): Promise<readonly AgentServiceHealth[]> {
    const path = `agent/health/service/name/${segment(name)}`;
    const decode = (reply: WireReply) => (reply.status === 404 ? [] : decodeServiceHealths(parseJson(reply.body)));
    return this.#get({ path, needs: `service:read on "${name}"`, decode, answers: HEALTH_ANSWERS }, options);
  }

  async #get<T>(
    call: Parameters<Exchange['read']>[0] & { decode: (reply: WireReply) => T },
    options: ReadOptions,
  ): Promise<T> {
    return (await this.#exchange.read<T>(call, options)).value;
  }

  async #serviceOrNone(id: string, read: ReadOptions): Promise<Answer<AgentService | undefined>> {
    try {
      return await this.service(id, read);
    } catch (error) {
      if (!isConsulError(error, 'NotFound')) throw error;
      return { value: undefined, meta: NO_META };
    }
  }

  async #maintain(path: string, enable: boolean, needs: string, options: MaintenanceOptions): Promise<void> {
    const { reason, ...rest } = options;
    const query: [string, string][] = [['enable', String(enable)]];
    if (reason !== undefined) query.push(['reason', reason]);
    await this.#exchange.write({ method: 'PUT', path, query, needs, decode: nothing }, rest);
  }
}

/** 429 is "warning", 503 "critical or maintenance", 404 "no such service": the health is in the body all the same. */
const HEALTH_ANSWERS: readonly number[] = [404, 429, 503];

const NO_META: Answer<undefined>['meta'] = {
  index: undefined,
  contentHash: undefined,
  knownLeader: undefined,
  lastContactMs: undefined,
  cache: undefined,
  ageMs: undefined,
  effectiveConsistency: undefined,
};
