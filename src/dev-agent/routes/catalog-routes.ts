import { nodeShape, serviceNodeShape, serviceShape } from '../filter/field-shape.ts';
import { filterBy } from '../filter/filter-by.ts';
import { type Answer, json } from '../http/answer.ts';
import { blockingRead, type ReadResult } from '../http/blocking-read.ts';
import { nodeTopic, readServiceNodes } from '../http/catalog-reads.ts';
import { encodeNode, encodeService, encodeServiceNode, sortedObject } from '../http/encode-records.ts';
import { endpoint, type Handler } from '../http/endpoint.ts';
import { matchesNodeMeta, parseNodeMeta } from '../http/node-meta.ts';
import { readHeaders } from '../http/read-headers.ts';
import { readOptions } from '../http/read-options.ts';
import type { RouteContext } from '../http/registry.ts';
import type { RegistryRequest } from '../http/registry-request.ts';
import type { NodeEntry } from '../store/catalog-store.ts';
import { ALL_SERVICES } from '../store/catalog-topics.ts';
import { badRequest } from '../wire/refusal.ts';

/** `/v1/catalog/*`, reads: nodes and instances without their health. */
export function catalogRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/catalog/datacenters', { GET: () => json([registry.node.Datacenter]) });
  endpoint(context, '/v1/catalog/nodes', { GET: (request) => nodes(context, request) });
  endpoint(context, '/v1/catalog/services', { GET: (request) => services(context, request) });
  endpoint(context, '/v1/catalog/service/', { GET: (request) => serviceNodes(context, request, () => true) });
  endpoint(context, '/v1/catalog/connect/', {
    GET: (request) => serviceNodes(context, request, (connect) => connect !== undefined && 'Native' in connect),
  });
  endpoint(context, '/v1/catalog/node/', { GET: nodeServices(context, encodeServiceMap) });
  endpoint(context, '/v1/catalog/node-services/', { GET: nodeServices(context, encodeServiceList) });
}

async function nodes({ registry }: RouteContext, request: RegistryRequest): Promise<Answer> {
  const options = readOptions(request.query, registry.node.Datacenter);
  const meta = parseNodeMeta(request.query);
  const keep = filterBy(options.filter, nodeShape);
  const { value, index } = await blockingRead(registry, options, request.signal, () => ({
    value: registry.catalog.nodes(),
    index: registry.ledger.maxOf('nodes'),
    topics: ['index/nodes'],
  }));
  const shown = value.filter(({ node }) => matchesNodeMeta(node, meta)).map(({ node }) => encodeNode(node));
  return json(shown.filter(keep), readHeaders({ ...options, index }));
}

async function services({ registry }: RouteContext, request: RegistryRequest): Promise<Answer> {
  const options = readOptions(request.query, registry.node.Datacenter);
  const meta = parseNodeMeta(request.query);
  const { value, index } = await blockingRead(registry, options, request.signal, () => ({
    value: registry.catalog.nodes(),
    index: registry.ledger.maxOf(...(meta.size > 0 ? ['nodes', 'services'] : ['services'])),
    topics: [ALL_SERVICES, ...(meta.size > 0 ? ['index/nodes'] : [])],
  }));
  const tags = new Map<string, Set<string>>();
  for (const entry of value.filter(({ node }) => matchesNodeMeta(node, meta))) {
    for (const service of entry.services.values()) {
      const own = tags.get(service.Service) ?? new Set();
      for (const tag of service.Tags) own.add(tag);
      tags.set(service.Service, own);
    }
  }
  const body = new Map([...tags].map(([name, own]) => [name, [...own]]));
  return json(sortedObject(body), readHeaders({ ...options, index }));
}

async function serviceNodes(
  { registry }: RouteContext,
  request: RegistryRequest,
  wanted: (connect: object | undefined) => boolean,
): Promise<Answer> {
  const { query, rest: name } = request;
  const options = readOptions(query, registry.node.Datacenter);
  if (name === '') throw badRequest('Missing service name');
  const meta = parseNodeMeta(query);
  const tags = query.getAll('tag').filter((tag) => tag !== '');
  const keep = filterBy(options.filter, serviceNodeShape);
  const { value, index } = await blockingRead(registry, options, request.signal, () =>
    readServiceNodes(registry, name),
  );
  const shown = value.filter(({ entry, service }) => {
    const own = new Set(service.Tags.map((tag) => tag.toLowerCase()));
    return (
      wanted(service.Connect) && tags.every((tag) => own.has(tag.toLowerCase())) && matchesNodeMeta(entry.node, meta)
    );
  });
  const body = shown.map(({ entry, service }) => encodeServiceNode(entry.node, service));
  return json(body.filter(keep), readHeaders({ ...options, index }));
}

function nodeServices({ registry }: RouteContext, encode: (entry: NodeEntry, filter: string) => object): Handler {
  return async (request) => {
    const options = readOptions(request.query, registry.node.Datacenter);
    if (request.rest === '') throw badRequest('Missing node name');
    const { value, index } = await blockingRead(registry, options, request.signal, () =>
      readNode(registry, request.rest),
    );
    const body = value === undefined ? null : encode(value, options.filter);
    return json(body, readHeaders({ ...options, index }));
  };
}

function readNode({ catalog, ledger }: RouteContext['registry'], name: string): ReadResult<NodeEntry | undefined> {
  const value = catalog.node(name) ?? catalog.nodes().find(({ node }) => node.ID !== '' && node.ID === name);
  if (value === undefined) return { value, index: 0, topics: [`node/${name.toLowerCase()}`] };
  return {
    value,
    index: ledger.maxOf('nodes', 'services'),
    topics: [nodeTopic(value), `services/node/${value.node.Node.toLowerCase()}`],
  };
}

function sortedServices(entry: NodeEntry): readonly object[] {
  return [...entry.services]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, service]) => encodeService(service));
}

function encodeServiceList(entry: NodeEntry, filter: string): object {
  return { Node: encodeNode(entry.node), Services: sortedServices(entry).filter(filterBy(filter, serviceShape)) };
}

function encodeServiceMap(entry: NodeEntry, filter: string): object {
  const shown = sortedServices(entry).filter(filterBy(filter, serviceShape)) as readonly { readonly ID: string }[];
  return {
    Node: encodeNode(entry.node),
    Services: sortedObject(shown.map((service) => [service.ID, service] as const)),
  };
}
