import { type Answer, json } from '../http/answer.ts';
import { encodeAgentCheck, encodeAgentService } from '../http/encode-records.ts';
import { endpoint } from '../http/endpoint.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import type { RegistryRequest } from '../http/registry-request.ts';
import type { CheckDefinition, ServiceDefinition } from '../store/catalog-records.ts';
import { storeFailure } from '../wire/refusal.ts';

const HTTP_STATUS: ReadonlyMap<string, number> = new Map([
  ['passing', 200],
  ['warning', 429],
  ['critical', 503],
  ['maintenance', 503],
]);

/** Maintenance is worse than critical, critical than warning, warning than passing (docs/consul-client.md 39). */
const RANK: readonly string[] = ['passing', 'warning', 'critical', 'maintenance'];

/** `/v1/agent/health/service/*`: the health of this agent's services as a status code (docs/consul-client.md 34). */
export function agentHealthRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/agent/health/service/id/', { GET: (request) => byId(registry, request) });
  endpoint(context, '/v1/agent/health/service/name/', { GET: (request) => byName(registry, request) });
}

function byId(registry: Registry, request: RegistryRequest): Answer {
  const { rest: id } = request;
  if (id === '') throw storeFailure('Bad request: Missing serviceID');
  const service = registry.agent.state.services.get(id);
  if (service !== undefined) {
    const health = healthOf(registry, service);
    return answer(request, health.AggregatedStatus, health);
  }
  const reason = `ServiceId ${id} not found`;
  return answer(request, reason, { AggregatedStatus: 'critical', Service: null, Checks: null }, 404);
}

function byName(registry: Registry, request: RegistryRequest): Answer {
  const { rest: name } = request;
  if (name === '') throw storeFailure('Bad request: Missing service Name');
  const services = [...registry.agent.state.services.values()].filter(({ Service }) => Service === name);
  const healths = services.map((service) => healthOf(registry, service));
  if (healths.length === 0) return answer(request, `ServiceName ${name} Not Found`, [], 404);
  return answer(request, worst(healths.map(({ AggregatedStatus }) => AggregatedStatus)), healths);
}

function answer(
  request: RegistryRequest,
  reason: string,
  body: unknown,
  status = HTTP_STATUS.get(reason) ?? 503,
): Answer {
  const headers = { 'X-Consul-Reason': reason };
  if (request.query.get('format') !== 'text') return json(body, headers, status);
  return { status, headers: { ...headers, 'Content-Type': 'text/plain' }, body: reason };
}

function worst(statuses: readonly string[]): string {
  return RANK[Math.max(0, ...statuses.map((status) => RANK.indexOf(status)))] ?? 'critical';
}

function healthOf(
  registry: Registry,
  service: ServiceDefinition,
): { readonly AggregatedStatus: string; readonly Checks: unknown } {
  const checks = [...registry.agent.state.checks.values()]
    .map(({ check }) => check)
    .filter(({ ServiceID }) => ServiceID === '' || ServiceID === service.ID);
  const status = worst(checks.map((check) => (isMaintenance(check) ? 'maintenance' : check.Status)));
  return {
    AggregatedStatus: status,
    ...{ Service: encodeAgentService(service) },
    Checks: checks.map(encodeHealthCheck),
  };
}

function isMaintenance({ CheckID }: CheckDefinition): boolean {
  return CheckID === '_node_maintenance' || CheckID.startsWith('_service_maintenance:');
}

/** This one endpoint of Consul shows checks through its client library's type, whose definition spells everything out. */
function encodeHealthCheck(check: CheckDefinition): object {
  return {
    ...encodeAgentCheck(check),
    Type: '',
    Definition: {
      Interval: '0s',
      Timeout: '0s',
      DeregisterCriticalServiceAfter: '0s',
      HTTP: '',
      Header: null,
      Method: '',
      Body: '',
      TLSSkipVerify: false,
      TCP: '',
    },
  };
}
