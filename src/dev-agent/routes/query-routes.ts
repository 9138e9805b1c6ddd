import { randomUUID } from 'node:crypto';
import type { Random } from '../../runtime/random.ts';
import { type Answer, EMPTY, json } from '../http/answer.ts';
import { blockingRead } from '../http/blocking-read.ts';
import { type Instance, readInstances } from '../http/catalog-reads.ts';
import { encodeCheck, encodeNode, encodeService, objectOrNull } from '../http/encode-records.ts';
import { endpoint } from '../http/endpoint.ts';
import { matchesNodeMeta } from '../http/node-meta.ts';
import { readFailure } from '../http/read-failure.ts';
import { readHeaders } from '../http/read-headers.ts';
import { checkTarget, readOptions } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import { decodeQuery, expandTemplate, type PreparedQuery, requireSoundQuery } from '../local/prepared-query.ts';
import type { Indexed } from '../store/catalog-records.ts';
import { Refusal, storeFailure } from '../wire/refusal.ts';
import { requireUuid, uuidFault } from '../wire/uuid-fault.ts';

type StoredQuery = PreparedQuery & Indexed;

/** What every answer of a run says besides its result; the index is always 1 (docs/consul-client.md 51). */
const RUN_META = { Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: 'leader' } as const;

/** `/v1/query*`: prepared queries of this datacenter. */
export function queryRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/query', {
    GET: (request) => listAll(registry, request),
    POST: (request) => create(registry, request),
  });
  endpoint(context, '/v1/query/', {
    GET: (request) => readOrRun(registry, request),
    PUT: (request) => update(registry, request),
    DELETE: (request) => remove(registry, request),
  });
}

async function listAll(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const options = readOptions(request.query, registry.node.Datacenter);
  const { value, index } = await blockingRead(registry, options, request.signal, () => ({
    value: registry.queries.list(),
    index: registry.queries.index,
    topics: [registry.queries.topic],
  }));
  return json(value.map(encodeQuery), readHeaders({ ...options, index }));
}

async function create(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const query = await readBody(registry, request, undefined);
  const ID = randomUUID();
  registry.queries.put(ID, { ID, ...query });
  return json({ ID });
}

async function update(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const ID = request.rest;
  const query = await readBody(registry, request, ID);
  requireKnown(registry, ID);
  registry.queries.put(ID, { ID, ...query });
  return EMPTY;
}

async function readBody(
  registry: Registry,
  request: RegistryRequest,
  own: string | undefined,
): Promise<Omit<PreparedQuery, 'ID'>> {
  checkTarget(request.query, registry.node.Datacenter);
  const body = await request.json();
  const query = asDecodeFailure(() => decodeQuery(body));
  requireSoundQuery(query);
  const isTaken = registry.queries.list().some(({ ID, Name }) => ID !== own && Name !== '' && Name === query.Name);
  if (isTaken) throw storeFailure(`name '${query.Name}' aliases an existing query name`);
  return query;
}

function remove(registry: Registry, { query, rest: id }: RegistryRequest): Answer {
  checkTarget(query, registry.node.Datacenter);
  requireUuid(id, 'Prepared Query lookup failed: failed prepared query lookup: index error');
  requireKnown(registry, id);
  registry.queries.drop(id);
  return EMPTY;
}

function requireKnown(registry: Registry, id: string): void {
  if (registry.queries.get(id) === undefined) throw storeFailure(`Cannot modify non-existent prepared query: '${id}'`);
}

function readOrRun(registry: Registry, request: RegistryRequest): Answer {
  const options = readOptions(request.query, registry.node.Datacenter);
  const [, name = '', verb] = /^(.*?)(?:\/(execute|explain))?$/s.exec(request.rest) ?? [];
  const headers = readHeaders({ ...options, index: 1 });
  if (verb === 'execute') return json(run(registry, request, resolve(registry, name)), headers);
  if (verb === 'explain') return json({ Query: encodeQuery(resolve(registry, name)), ...RUN_META }, headers);
  const fault = uuidFault(name);
  if (fault !== undefined) throw readFailure(`failed prepared query lookup: index error: ${fault}`);
  const query = registry.queries.get(name);
  if (query === undefined) throw new Refusal(404, 'Query not found');
  return json([encodeQuery(query)], readHeaders({ ...options, index: registry.queries.index }));
}

/** A query by id or name, or the template with the longest prefix of that name. */
function resolve(registry: Registry, name: string): StoredQuery {
  const all = registry.queries.list();
  const exact = all.find(({ ID, Name, Template }) => ID === name || (Name === name && Template.Type === ''));
  if (exact !== undefined) return exact;
  const templates = all.filter(({ Name, Template }) => Template.Type !== '' && name.startsWith(Name));
  const longest = templates.sort((one, other) => other.Name.length - one.Name.length)[0];
  if (longest === undefined) throw new Refusal(404, 'Query not found');
  return expandTemplate(longest, name);
}

function run(registry: Registry, request: RegistryRequest, query: StoredQuery): object {
  const { Service: wanted } = query;
  const limit = request.query.get('limit') ?? '0';
  if (!/^[+-]?\d+$/.test(limit))
    throw storeFailure(`Bad limit: strconv.Atoi: parsing ${JSON.stringify(limit)}: invalid syntax`);
  const found = readInstances(registry, wanted.Service).value.filter((instance) => isWanted(instance, wanted));
  const shuffled = shuffle(found, registry.random);
  const shown = Number(limit) > 0 ? shuffled.slice(0, Number(limit)) : shuffled;
  const Nodes = shown.map(({ entry, service, checks }) => ({
    Node: encodeNode(entry.node),
    Service: encodeService(service),
    Checks: checks.map(encodeCheck),
  }));
  const { Datacenter } = registry.node;
  return { Service: wanted.Service, Nodes, DNS: query.DNS, Datacenter, Failovers: 0, ...RUN_META };
}

/** A run gives the instances in random order, so that whoever takes the first spreads the load. */
function shuffle<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ item }) => item);
}

/** Critical instances are never given out; warning ones are unless only passing ones are wanted. */
function isWanted({ entry, service, checks }: Instance, wanted: PreparedQuery['Service']): boolean {
  const counted = checks.filter(({ CheckID }) => !wanted.IgnoreCheckIDs.includes(CheckID));
  const isHealthy = counted.every(
    ({ Status }) => Status === 'passing' || (!wanted.OnlyPassing && Status !== 'critical'),
  );
  const tags = new Set(service.Tags.map((tag) => tag.toLowerCase()));
  const hasTags = wanted.Tags.every((tag) =>
    tag.startsWith('!') ? !tags.has(tag.slice(1).toLowerCase()) : tags.has(tag.toLowerCase()),
  );
  const hasMeta = [...(wanted.ServiceMeta ?? [])].every(([key, value]) => service.Meta?.get(key) === value);
  return isHealthy && hasTags && hasMeta && matchesNodeMeta(entry.node, wanted.NodeMeta ?? new Map());
}

function encodeQuery(query: StoredQuery): object {
  const { Service } = query;
  const orNull = (items: readonly string[]): readonly string[] | null => (items.length === 0 ? null : items);
  return {
    ID: query.ID,
    Name: query.Name,
    Session: query.Session,
    Token: query.Token === '' ? '' : '<hidden>',
    Template: query.Template,
    Service: {
      Service: Service.Service,
      Failover: { NearestN: Service.Failover.NearestN, Datacenters: orNull(Service.Failover.Datacenters) },
      OnlyPassing: Service.OnlyPassing,
      IgnoreCheckIDs: orNull(Service.IgnoreCheckIDs),
      Near: Service.Near,
      Tags: orNull(Service.Tags),
      NodeMeta: objectOrNull(Service.NodeMeta),
      ServiceMeta: objectOrNull(Service.ServiceMeta),
      Connect: Service.Connect,
    },
    DNS: query.DNS,
    CreateIndex: query.CreateIndex,
    ModifyIndex: query.ModifyIndex,
  };
}
