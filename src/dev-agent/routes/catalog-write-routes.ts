import { type Answer, json } from '../http/answer.ts';
import { endpoint } from '../http/endpoint.ts';
import { checkTarget } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import {
  type CatalogCheck,
  type CatalogService,
  decodeCatalogCheck,
  decodeCatalogService,
} from '../local/catalog-fields.ts';
import { anything, flag, list, mapOf, struct, text } from '../wire/decode.ts';
import type { JsonValue } from '../wire/json-value.ts';
import { storeFailure } from '../wire/refusal.ts';
import { uuidFault } from '../wire/uuid-fault.ts';

interface RegisterFields {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly TaggedAddresses: ReadonlyMap<string, string> | undefined;
  readonly NodeMeta: ReadonlyMap<string, string> | undefined;
  readonly Service: CatalogService | undefined;
  readonly Check: CatalogCheck | undefined;
  readonly Checks: readonly (CatalogCheck | undefined)[];
  readonly SkipNodeUpdate: boolean;
  readonly Datacenter: string;
  readonly WriteRequest: JsonValue;
  readonly Token: string;
}

const readRegister = struct<RegisterFields>(
  {
    ID: text,
    Node: text,
    Address: text,
    TaggedAddresses: mapOf(text),
    NodeMeta: mapOf(text),
    Service: decodeCatalogService,
    Check: decodeCatalogCheck,
    Checks: list(decodeCatalogCheck, 'structs.HealthChecks'),
    SkipNodeUpdate: flag,
    Datacenter: text,
    WriteRequest: anything,
    Token: text,
  },
  { type: 'structs.RegisterRequest' },
);

interface DeregisterFields {
  readonly Node: string;
  readonly Address: string;
  readonly ServiceID: string;
  readonly CheckID: string;
  readonly Datacenter: string;
  readonly WriteRequest: JsonValue;
}

const readDeregister = struct<DeregisterFields>(
  { Node: text, Address: text, ServiceID: text, CheckID: text, Datacenter: text, WriteRequest: anything },
  { type: 'structs.DeregisterRequest' },
);

/** `/v1/catalog/register` and `deregister`: entries that no agent owns. */
export function catalogWriteRoutes(context: RouteContext): void {
  endpoint(context, '/v1/catalog/register', { PUT: (request) => register(context.registry, request) });
  endpoint(context, '/v1/catalog/deregister', { PUT: (request) => deregister(context.registry, request) });
}

async function register(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const body = await request.json();
  const fields = asDecodeFailure(() => readRegister(body, ''));
  const { Node = '', Address = '', ID = '', Service, SkipNodeUpdate = false } = fields;
  checkTarget(withDatacenter(request.query, fields.Datacenter), registry.node.Datacenter);
  if (Node === '') throw storeFailure('Must provide node');
  if (Address === '' && !SkipNodeUpdate) throw storeFailure('Must provide address if SkipNodeUpdate is not set');
  if (ID !== '' && uuidFault(ID) !== undefined) throw storeFailure('Bad node ID: uuid string is wrong length');
  if (Service !== undefined && Service.Service === '' && Service.ID !== '') {
    throw storeFailure('Must provide service name with ID');
  }
  if (Service?.Service === '') {
    throw storeFailure('failed inserting service: failed inserting service: object missing primary index');
  }
  const checks = [fields.Check, ...(fields.Checks ?? [])].filter((check) => check !== undefined);
  registry.catalog.register({
    node: {
      ID,
      Node,
      Address,
      Datacenter: registry.node.Datacenter,
      TaggedAddresses: fields.TaggedAddresses,
      Meta: fields.NodeMeta,
    },
    skipNodeUpdate: SkipNodeUpdate,
    service: withoutIndex(Service),
    checks: checks.map(({ ModifyIndex: _, ...check }) => ({ ...check, Node: check.Node || Node })),
  });
  return json(true);
}

function withoutIndex(service: CatalogService | undefined): Omit<CatalogService, 'ModifyIndex'> | undefined {
  if (service === undefined) return undefined;
  const { ModifyIndex: _, ...definition } = service;
  return definition;
}

function withDatacenter(query: URLSearchParams, datacenter: string | undefined): URLSearchParams {
  if (!datacenter) return query;
  const wanted = new URLSearchParams(query);
  wanted.set('dc', datacenter);
  return wanted;
}

async function deregister(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const body = await request.json();
  const { Node = '', ServiceID = '', CheckID = '', Datacenter } = asDecodeFailure(() => readDeregister(body, ''));
  checkTarget(withDatacenter(request.query, Datacenter), registry.node.Datacenter);
  if (Node === '') throw storeFailure('Must provide node');
  if (ServiceID !== '') registry.catalog.dropService(Node, ServiceID);
  else if (CheckID !== '') registry.catalog.dropCheck(Node, CheckID);
  else registry.catalog.dropNode(Node);
  return json(true);
}
