import { json, nothing, segment } from './call.ts';
import { decodeAgentChecks } from './decode/agent.ts';
import type { CheckStatus, HealthCheck } from './decode/health.ts';
import type { Exchange } from './exchange.ts';
import type { CallOptions, ReadOptions } from './read-options.ts';
import { type CheckDefinition, checkBody } from './service-definition.ts';

/** A report on a TTL check. */
export interface TtlReport extends CallOptions {
  /** What is to be read beside the status; at most 4 KiB by Consul's default. */
  readonly output?: string | undefined;
}

/** `/v1/agent/check…`: the checks that the agent itself looks after. */
export class AgentChecksApi {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** All of the agent's checks, by id. `GET /v1/agent/checks`. */
  async list(
    options: Pick<ReadOptions, 'filter' | 'token' | 'signal' | 'timeoutMs'> = {},
  ): Promise<ReadonlyMap<string, HealthCheck>> {
    const call = { path: 'agent/checks', needs: 'node:read and service:read', decode: json(decodeAgentChecks) };
    return (await this.#exchange.read(call, options)).value;
  }

  /** Registers a check, of a service or (without one) of the node. `PUT /v1/agent/check/register`. */
  async register(
    check: CheckDefinition & { readonly name: string; readonly serviceId?: string | undefined },
    options: CallOptions = {},
  ): Promise<void> {
    const body = { ID: check.id, ServiceID: check.serviceId, ...checkBody(check) };
    const needs = check.serviceId === undefined ? 'node:write' : `service:write on the service of "${check.serviceId}"`;
    await this.#exchange.write({ method: 'PUT', path: 'agent/check/register', body, needs, decode: nothing }, options);
  }

  /** Takes a check away. `PUT /v1/agent/check/deregister/:id`. */
  async deregister(checkId: string, options: CallOptions = {}): Promise<void> {
    const path = `agent/check/deregister/${segment(checkId)}`;
    const needs = `service:write or node:write for check "${checkId}"`;
    await this.#exchange.write({ method: 'PUT', path, needs, decode: nothing }, options);
  }

  /**
   * Reports on a TTL check, on the connections kept for heartbeats.
   * `PUT /v1/agent/check/update/:id`.
   * @throws ConsulError `NotFound` when the agent does not know the check (any more): register again
   */
  async update(checkId: string, status: CheckStatus, options: TtlReport = {}): Promise<void> {
    const { output, ...rest } = options;
    await this.#exchange.write(
      {
        method: 'PUT',
        path: `agent/check/update/${segment(checkId)}`,
        body: { Status: status, Output: output ?? '' },
        needs: `service:write or node:write for check "${checkId}"`,
        decode: nothing,
        heartbeat: true,
      },
      rest,
    );
  }

  /** {@link update} with `passing`. */
  pass(checkId: string, options: TtlReport = {}): Promise<void> {
    return this.update(checkId, 'passing', options);
  }

  /** {@link update} with `warning`. */
  warn(checkId: string, options: TtlReport = {}): Promise<void> {
    return this.update(checkId, 'warning', options);
  }

  /** {@link update} with `critical`. */
  fail(checkId: string, options: TtlReport = {}): Promise<void> {
    return this.update(checkId, 'critical', options);
  }
}
