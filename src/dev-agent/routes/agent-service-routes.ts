import { createHash } from 'node:crypto';
import { serviceShape } from '../filter/field-shape.ts';
import { filterBy } from '../filter/filter-by.ts';
import { type Answer, EMPTY, json } from '../http/answer.ts';
import { blockingRead } from '../http/blocking-read.ts';
import { encodeAgentService, sortedObject } from '../http/encode-records.ts';
import { endpoint } from '../http/endpoint.ts';
import { parseBool } from '../http/query-flag.ts';
import { readOptions } from '../http/read-options.ts';
import type { RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import { localServiceTopic } from '../local/local-state.ts';
import { readRegistration } from '../local/service-fields.ts';
import type { CheckDefinition, ServiceDefinition } from '../store/catalog-records.ts';
import { stringify } from '../wire/json-value.ts';
import { badRequest, Refusal } from '../wire/refusal.ts';

/** `/v1/agent/service*`: registration with this agent. */
export function agentServiceRoutes(context: RouteContext): void {
  const { agent } = context.registry;
  endpoint(context, '/v1/agent/services', {
    GET: ({ query }) => {
      const keep = filterBy(query.get('filter') ?? '', serviceShape);
      const shown = [...agent.state.services].map(([id, service]) => [id, encodeAgentService(service)] as const);
      return json(sortedObject(shown.filter(([, service]) => keep(service))));
    },
  });
  endpoint(context, '/v1/agent/service/register', { PUT: (request) => register(context, request) });
  endpoint(context, '/v1/agent/service/deregister/', {
    PUT: ({ rest }) => {
      agent.deregister(rest);
      return EMPTY;
    },
  });
  endpoint(context, '/v1/agent/service/maintenance/', { PUT: (request) => maintenance(context, request) });
  endpoint(context, '/v1/agent/service/', { GET: (request) => oneService(context, request) });
}

async function register({ registry }: RouteContext, request: RegistryRequest): Promise<Answer> {
  const body = await request.json();
  const registration = asDecodeFailure(() => readRegistration(body))();
  const replace = request.query.get('replace-existing-checks');
  registry.agent.register(registration, replace === '' || (replace !== null && parseBool(replace) === true));
  return EMPTY;
}

/** One service; with `hash` it blocks until the definition differs from the one hashed (docs/consul-client.md 12). */
async function oneService({ registry }: RouteContext, request: RegistryRequest): Promise<Answer> {
  const { query, rest: id } = request;
  const options = readOptions(query, registry.node.Datacenter);
  const hash = query.get('hash') ?? '';
  const read = () => {
    const service = registry.agent.state.services.get(id);
    const settled = service === undefined || contentHash(service) !== hash;
    return { value: service, index: settled ? 1 : 0, topics: [localServiceTopic(id)] };
  };
  const asked = hash === '' ? { ...options, index: 0 } : { ...options, index: 0.5 };
  const { value } = await blockingRead(registry, asked, request.signal, read);
  if (value === undefined) throw new Refusal(404, `unknown service ID: ${id}`);
  const ContentHash = contentHash(value);
  return json({ ...encodeAgentService(value), ContentHash }, { 'X-Consul-ContentHash': ContentHash });
}

function contentHash(service: ServiceDefinition): string {
  return createHash('sha256')
    .update(stringify(encodeAgentService(service)))
    .digest('hex')
    .slice(0, 16);
}

function maintenance({ registry }: RouteContext, { rest: id, query }: RegistryRequest): Answer {
  if (id === '') throw badRequest('Missing service ID');
  const enable = enableOf(query);
  const service = registry.agent.state.services.get(id);
  if (service === undefined) throw new Refusal(404, `No service registered with ID ${JSON.stringify(id)}`);
  const checkId = `_service_maintenance:${id}`;
  if (!enable) {
    registry.agent.deregisterCheck(checkId);
    return EMPTY;
  }
  registry.agent.putMaintenance(
    maintenanceCheck({
      Node: registry.node.Node,
      CheckID: checkId,
      Name: 'Service Maintenance Mode',
      Notes: query.get('reason') || DEFAULT_REASON('service'),
      ServiceID: id,
      ServiceName: service.Service,
      ServiceTags: service.Tags,
    }),
  );
  return EMPTY;
}

const DEFAULT_REASON = (what: string): string =>
  `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.`;

/** The reason shown when none was given, for the node. */
export function defaultNodeReason(): string {
  return DEFAULT_REASON('node');
}

/** The check that maintenance mode is (docs/consul-client.md 33). */
export function maintenanceCheck(
  fields: Pick<CheckDefinition, 'Node' | 'CheckID' | 'Name' | 'Notes' | 'ServiceID' | 'ServiceName' | 'ServiceTags'>,
): CheckDefinition {
  return { ...fields, Status: 'critical', Output: '', Type: 'maintenance', Definition: {} };
}

/** The `enable` parameter. @throws Refusal 400 if it is missing or no boolean */
export function enableOf(query: URLSearchParams): boolean {
  const text = query.get('enable');
  if (text === null) throw badRequest('Missing value for enable');
  const enable = parseBool(text);
  if (enable === undefined) throw badRequest(`Invalid value for enable: ${JSON.stringify(text)}`);
  return enable;
}
