import { type Answer, json, plain } from '../http/answer.ts';
import { blockingRead } from '../http/blocking-read.ts';
import { endpoint } from '../http/endpoint.ts';
import { readFailure } from '../http/read-failure.ts';
import { readHeaders } from '../http/read-headers.ts';
import { checkTarget, readOptions } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import { type ConfigEntry, readConfigEntry, requireKind } from '../local/config-kinds.ts';
import type { Indexed } from '../store/catalog-records.ts';
import { decodeBody } from '../wire/decode.ts';
import { isJsonMap } from '../wire/json-value.ts';
import { badRequest, storeFailure } from '../wire/refusal.ts';

/**
 * `/v1/config*`: config entries are kept and given back. The compiled discovery chain is refused as by an agent without
 * Connect, so a client reads the resolver entries themselves (docs/consul-client.md 50).
 */
export function configRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/config', { PUT: (request) => apply(registry, request) });
  endpoint(context, '/v1/config/', {
    GET: (request) => read(registry, request),
    DELETE: (request) => remove(registry, request),
  });
  endpoint(context, '/v1/discovery-chain/', { GET: refuseConnect, POST: refuseConnect });
  endpoint(context, '/v1/agent/connect/', { GET: refuseAuthority, POST: refuseAuthority, PUT: refuseAuthority });
}

const NO_CONNECT = 'Connect must be enabled in order to use this endpoint';

function refuseConnect(): never {
  throw readFailure(NO_CONNECT);
}

function refuseAuthority(): never {
  throw storeFailure(NO_CONNECT);
}

/** The key of a config entry in its table. */
export function configKey({ Kind, Name }: ConfigEntry): string {
  return `${Kind}/${Name.toLowerCase()}`;
}

async function apply(registry: Registry, request: RegistryRequest): Promise<Answer> {
  checkTarget(request.query, registry.node.Datacenter);
  const bytes = await request.body();
  const body = asDecodeFailure(() => decodeBody(bytes), 'Bad request: Request decoding failed: ');
  if (!isJsonMap(body)) throw badRequest('Bad request: Request decoding failed: not an object');
  const entry = readConfigEntry(body);
  const cas = request.query.get('cas');
  if (cas !== null) {
    if (!/^\d+$/.test(cas)) throw storeFailure(`strconv.ParseUint: parsing ${JSON.stringify(cas)}: invalid syntax`);
    if ((registry.config.get(configKey(entry))?.ModifyIndex ?? 0) !== Number(cas)) return json(false);
  }
  registry.config.put(configKey(entry), entry);
  return json(true);
}

async function read(registry: Registry, request: RegistryRequest): Promise<Answer> {
  checkTarget(request.query, registry.node.Datacenter);
  const options = readOptions(request.query, registry.node.Datacenter);
  const [kind = '', ...rest] = request.rest.split('/');
  const name = rest.join('/');
  if (kind !== '') requireKind(kind);
  const { value, index } = await blockingRead(registry, options, request.signal, () => ({
    value: registry.config.list().filter((entry) => kind === '' || entry.Kind === kind),
    index: registry.config.index,
    topics: [registry.config.topic],
  }));
  const headers = readHeaders({ index });
  if (name === '') return json(value, headers);
  const found: (ConfigEntry & Indexed) | undefined = value.find(
    (entry) => entry.Name.toLowerCase() === name.toLowerCase(),
  );
  if (found !== undefined) return json(found, headers);
  return plain(404, `Config entry not found for ${JSON.stringify(kind)} / ${JSON.stringify(name)}`, headers);
}

function remove(registry: Registry, { query, rest }: RegistryRequest): Answer {
  checkTarget(query, registry.node.Datacenter);
  const [Kind = '', ...name] = rest.split('/');
  requireKind(Kind);
  registry.config.drop(configKey({ Kind, Name: name.join('/') }));
  return json({});
}
