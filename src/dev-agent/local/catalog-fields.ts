import type {
  CheckDefinition,
  CheckStatus,
  NodeDefinition,
  ServiceDefinition,
  TaggedAddress,
  Weights,
} from '../store/catalog-records.ts';
import { anything, type Decoder, flag, integer, list, mapOf, struct, text } from '../wire/decode.ts';
import { isJsonMap, type JsonValue, toPlain } from '../wire/json-value.ts';
import { decodeTaggedAddress, decodeWeights, plainObject } from './service-fields.ts';

interface NodeServiceFields {
  readonly Kind: string;
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly TaggedAddresses: ReadonlyMap<string, TaggedAddress> | undefined;
  readonly Meta: ReadonlyMap<string, string> | undefined;
  readonly Port: number;
  readonly Weights: Weights | undefined;
  readonly EnableTagOverride: boolean;
  readonly Proxy: JsonValue;
  readonly Connect: JsonValue;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

const readNodeService = struct<NodeServiceFields>(
  {
    Kind: text,
    ID: text,
    Service: text,
    Tags: list(text),
    Address: text,
    TaggedAddresses: mapOf(decodeTaggedAddress, 'map[string]structs.ServiceAddress'),
    Meta: mapOf(text),
    Port: integer,
    Weights: decodeWeights,
    EnableTagOverride: flag,
    Proxy: anything,
    Connect: anything,
    CreateIndex: integer,
    ModifyIndex: integer,
  },
  { type: 'structs.NodeService' },
);

interface HealthCheckFields {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Notes: string;
  readonly Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[];
  readonly Type: string;
  readonly Definition: JsonValue;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

const readHealthCheck = struct<HealthCheckFields>(
  {
    Node: text,
    CheckID: text,
    Name: text,
    Status: text,
    Notes: text,
    Output: text,
    ServiceID: text,
    ServiceName: text,
    ServiceTags: list(text),
    Type: text,
    Definition: anything,
    CreateIndex: integer,
    ModifyIndex: integer,
  },
  { type: 'structs.HealthCheck' },
);

/** An instance as `/v1/catalog/register` and transactions take it, and the version it was read at. */
export type CatalogService = ServiceDefinition & { readonly ModifyIndex: number };

/** Reads an instance; null is none. @throws DecodeError */
export const decodeCatalogService: Decoder<CatalogService | undefined> = (value, field) => {
  if (value === null) return undefined;
  const fields = readNodeService(value, field);
  const name = fields.Service ?? '';
  return {
    Kind: fields.Kind ?? '',
    ID: fields.ID || name,
    Service: name,
    Tags: fields.Tags ?? [],
    Address: fields.Address ?? '',
    TaggedAddresses: fields.TaggedAddresses,
    Meta: fields.Meta,
    Port: fields.Port ?? 0,
    Weights: fields.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: fields.EnableTagOverride ?? false,
    Proxy: plainObject(fields.Proxy),
    Connect: plainObject(fields.Connect),
    ModifyIndex: fields.ModifyIndex ?? 0,
  };
};

/** A check's result as `/v1/catalog/register` and transactions take it, and the version it was read at. */
export type CatalogCheck = CheckDefinition & { readonly ModifyIndex: number };

/** Reads a check's result; null is none. @throws DecodeError */
export const decodeCatalogCheck: Decoder<CatalogCheck | undefined> = (value, field) => {
  if (value === null) return undefined;
  const fields = readHealthCheck(value, field);
  const definition = fields.Definition ?? null;
  const plain = isJsonMap(definition) ? (toPlain(definition) as Record<string, unknown>) : {};
  return {
    Node: fields.Node ?? '',
    CheckID: fields.CheckID || (fields.Name ?? ''),
    Name: fields.Name ?? '',
    Status: (fields.Status || 'critical') as CheckStatus,
    Notes: fields.Notes ?? '',
    Output: fields.Output ?? '',
    ServiceID: fields.ServiceID ?? '',
    ServiceName: fields.ServiceName ?? '',
    ServiceTags: fields.ServiceTags ?? [],
    Type: fields.Type || typeOf(plain),
    Definition: plain,
    ModifyIndex: fields.ModifyIndex ?? 0,
  };
};

function typeOf(definition: Record<string, unknown>): string {
  if (definition.HTTP) return 'http';
  return definition.TCP ? 'tcp' : '';
}

interface NodeFields {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: ReadonlyMap<string, string> | undefined;
  readonly Meta: ReadonlyMap<string, string> | undefined;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

const readNode = struct<NodeFields>(
  {
    ID: text,
    Node: text,
    Address: text,
    Datacenter: text,
    TaggedAddresses: mapOf(text),
    Meta: mapOf(text),
    CreateIndex: integer,
    ModifyIndex: integer,
  },
  { type: 'structs.Node' },
);

/** A node as transactions take it, and the version it was read at. */
export type CatalogNode = NodeDefinition & { readonly ModifyIndex: number };

/** Reads a node. @throws DecodeError */
export const decodeCatalogNode: Decoder<CatalogNode> = (value, field) => {
  const fields = readNode(value, field);
  return {
    ID: fields.ID ?? '',
    Node: fields.Node ?? '',
    Address: fields.Address ?? '',
    Datacenter: fields.Datacenter ?? '',
    TaggedAddresses: fields.TaggedAddresses,
    Meta: fields.Meta,
    ModifyIndex: fields.ModifyIndex ?? 0,
  };
};
