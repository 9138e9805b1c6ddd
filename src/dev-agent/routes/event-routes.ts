import { type Answer, json } from '../http/answer.ts';
import { blockingRead } from '../http/blocking-read.ts';
import { endpoint } from '../http/endpoint.ts';
import { checkTarget, readOptions } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import type { RegistryRequest } from '../http/registry-request.ts';
import { eventIndex } from '../store/event-log.ts';
import { badRequest, storeFailure } from '../wire/refusal.ts';

/** `/v1/event/*`: user events of this machine. */
export function eventRoutes(context: RouteContext): void {
  endpoint(context, '/v1/event/fire/', { PUT: (request) => fire(context.registry, request) });
  endpoint(context, '/v1/event/list', { GET: (request) => list(context.registry, request) });
}

async function fire(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const { query, rest: name } = request;
  checkTarget(query, registry.node.Datacenter);
  if (name === '') throw badRequest('Missing name');
  const body = await request.body();
  for (const filter of ['node', 'service', 'tag']) requireRegex(filter, query.get(filter) ?? '');
  const event = registry.events.fire({
    Name: name,
    Payload: body.length === 0 ? null : body.toString('base64'),
    NodeFilter: query.get('node') ?? '',
    ServiceFilter: query.get('service') ?? '',
    TagFilter: query.get('tag') ?? '',
  });
  return json({ ...event, LTime: 0 });
}

function requireRegex(filter: string, pattern: string): void {
  try {
    new RegExp(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw storeFailure(`Invalid ${filter} filter: error parsing regexp: ${reason}`);
  }
}

async function list(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const { query } = request;
  const { waitMs } = readOptions(query, registry.node.Datacenter);
  const known = query.get('index') ?? '';
  const read = () => {
    const events = registry.events.list(query.get('name') ?? '');
    const index = eventIndex(events);
    return { value: { events, index }, index: String(index) === known ? 0 : 2, topics: ['events'] };
  };
  const blocks = known !== '' && known !== '0';
  const { value } = await blockingRead(registry, { index: blocks ? 1 : 0, waitMs }, request.signal, read);
  return json(value.events, { 'X-Consul-Index': String(value.index) });
}
