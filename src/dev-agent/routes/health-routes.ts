import { checkShape, instanceShape } from '../filter/field-shape.ts';
import { filterBy } from '../filter/filter-by.ts';
import { type Answer, json } from '../http/answer.ts';
import { blockingRead, type ReadResult } from '../http/blocking-read.ts';
import { type Instance, nodeTopic, readInstances, sortedChecks } from '../http/catalog-reads.ts';
import { encodeCheck, encodeNode, encodeService } from '../http/encode-records.ts';
import { endpoint, type Handler } from '../http/endpoint.ts';
import { matchesNodeMeta, parseNodeMeta } from '../http/node-meta.ts';
import { parseBool } from '../http/query-flag.ts';
import { readHeaders } from '../http/read-headers.ts';
import { readOptions } from '../http/read-options.ts';
import type { RouteContext } from '../http/registry.ts';
import type { RegistryRequest } from '../http/registry-request.ts';
import type { CheckRecord } from '../store/catalog-records.ts';
import { ALL_CHECKS } from '../store/catalog-topics.ts';
import { badRequest } from '../wire/refusal.ts';

/** `/v1/health/*`: instances with their health, and checks. */
export function healthRoutes(context: RouteContext): void {
  endpoint(context, '/v1/health/service/', { GET: (request) => instances(context, request, () => true) });
  endpoint(context, '/v1/health/connect/', {
    GET: (request) => instances(context, request, ({ service }) => isConnect(service.Connect)),
  });
  endpoint(context, '/v1/health/node/', { GET: checks(context, 'Missing node name', readNodeChecks) });
  endpoint(context, '/v1/health/checks/', { GET: checks(context, 'Missing service name', readServiceChecks) });
  endpoint(context, '/v1/health/state/', { GET: checks(context, 'Missing check state', readChecksInState) });
}

function isConnect(connect: object | undefined): boolean {
  return connect !== undefined && 'Native' in connect && connect.Native === true;
}

async function instances(
  { registry }: RouteContext,
  request: RegistryRequest,
  wanted: (instance: Instance) => boolean,
): Promise<Answer> {
  const { query, rest: name } = request;
  const options = readOptions(query, registry.node.Datacenter);
  if (name === '') throw badRequest('Missing service name');
  const meta = parseNodeMeta(query);
  const tags = query.getAll('tag').filter((tag) => tag !== '');
  const passing = passingOnly(query);
  const keep = filterBy(options.filter, instanceShape);
  const { value, index } = await blockingRead(registry, options, request.signal, () => readInstances(registry, name));
  const shown = value.filter(
    (instance) =>
      wanted(instance) &&
      hasTags(instance, tags) &&
      matchesNodeMeta(instance.entry.node, meta) &&
      (!passing || isPassing(instance)),
  );
  const body = shown.map(({ entry, service, checks }) => ({
    Node: encodeNode(entry.node),
    Service: encodeService(service),
    Checks: checks.map(encodeCheck),
  }));
  return json(body.filter(keep), readHeaders({ ...options, index }));
}

function passingOnly(query: URLSearchParams): boolean {
  const text = query.get('passing');
  if (text === null) return false;
  const passing = text === '' ? true : parseBool(text);
  if (passing === undefined) throw badRequest('Invalid value for ?passing');
  return passing;
}

/** Whether an instance carries every one of `tags`, whatever their case (docs/consul-client.md 37). */
function hasTags({ service }: Instance, tags: readonly string[]): boolean {
  const own = new Set(service.Tags.map((tag) => tag.toLowerCase()));
  return tags.every((tag) => own.has(tag.toLowerCase()));
}

function isPassing({ checks }: Instance): boolean {
  return checks.every(({ Status }) => Status === 'passing');
}

type ChecksRead = (context: RouteContext, subject: string) => ReadResult<readonly CheckRecord[]>;

function checks(context: RouteContext, missing: string, read: ChecksRead): Handler {
  const { registry } = context;
  return async (request) => {
    const options = readOptions(request.query, registry.node.Datacenter);
    if (request.rest === '') throw badRequest(missing);
    const meta = parseNodeMeta(request.query);
    const keep = filterBy(options.filter, checkShape);
    const { value, index } = await blockingRead(registry, options, request.signal, () => read(context, request.rest));
    const shown = value.filter((check) => matchesNodeMeta(registry.catalog.node(check.Node)?.node, meta));
    return json(shown.map(encodeCheck).filter(keep), readHeaders({ ...options, index }));
  };
}

const readNodeChecks: ChecksRead = ({ registry }, name) => {
  const entry = registry.catalog.node(name);
  return {
    value: entry === undefined ? [] : sortedChecks(entry),
    index: registry.ledger.maxOf('checks'),
    topics: [`checks/node/${name.toLowerCase()}`],
  };
};

const readServiceChecks: ChecksRead = ({ registry }, name) => {
  const entries = registry.catalog.nodes();
  return {
    value: entries.flatMap(sortedChecks).filter((check) => check.ServiceName.toLowerCase() === name.toLowerCase()),
    index: registry.ledger.maxOf('checks'),
    topics: [`checks/service/${name.toLowerCase()}`, ...entries.map(nodeTopic)],
  };
};

const readChecksInState: ChecksRead = ({ registry }, state) => {
  const all = registry.catalog.nodes().flatMap(sortedChecks);
  return {
    value: state === 'any' ? all : all.filter(({ Status }) => Status === state),
    index: registry.ledger.maxOf('checks'),
    topics: [ALL_CHECKS],
  };
};
