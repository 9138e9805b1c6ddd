import {
  type Decoder,
  decodeBoolean,
  decodeMap,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStringMap,
  decodeStrings,
  field,
  fieldOr,
} from './decoder.ts';
import {
  DEFAULT_WEIGHTS,
  decodeNode,
  decodeService,
  decodeTaggedAddress,
  decodeWeights,
  type NodeInfo,
  type ServiceInfo,
} from './health.ts';

/** An instance as the catalog tells it: without its health. */
export interface CatalogEntry {
  readonly node: NodeInfo;
  readonly service: ServiceInfo;
  /** Whether other tags may be set in the catalog than the agent registered. */
  readonly enableTagOverride: boolean;
}

/** What is registered on a node. */
export interface CatalogNode {
  readonly node: NodeInfo;
  readonly services: readonly ServiceInfo[];
}

/** `/v1/catalog/services`: each service's name and the tags that its instances have. */
export const decodeServiceTags: Decoder<ReadonlyMap<string, readonly string[]>> = decodeMap(decodeStrings);

/** `/v1/catalog/datacenters`. */
export const decodeDatacenters: Decoder<readonly string[]> = decodeStrings;

const decodeTaggedAddresses = decodeMap(decodeTaggedAddress);

/** An entry of `/v1/catalog/service/:service`. */
export const decodeCatalogEntry: Decoder<CatalogEntry> = (value) => {
  const object = decodeObject(value);
  const name = field(object, 'ServiceName', decodeString);
  return {
    node: {
      id: fieldOr(object, 'ID', decodeString, ''),
      name: field(object, 'Node', decodeString),
      address: field(object, 'Address', decodeString),
      datacenter: fieldOr(object, 'Datacenter', decodeString, ''),
      taggedAddresses: field(object, 'TaggedAddresses', decodeStringMap),
      meta: field(object, 'NodeMeta', decodeStringMap),
    },
    service: {
      id: fieldOr(object, 'ServiceID', decodeString, name),
      name,
      tags: field(object, 'ServiceTags', decodeStrings),
      address: fieldOr(object, 'ServiceAddress', decodeString, ''),
      port: fieldOr(object, 'ServicePort', decodeNumber, 0),
      meta: field(object, 'ServiceMeta', decodeStringMap),
      taggedAddresses: field(object, 'ServiceTaggedAddresses', decodeTaggedAddresses),
      weights: fieldOr(object, 'ServiceWeights', decodeWeights, DEFAULT_WEIGHTS),
      kind: fieldOr(object, 'ServiceKind', decodeString, ''),
    },
    enableTagOverride: fieldOr(object, 'ServiceEnableTagOverride', decodeBoolean, false),
  };
};

const decodeServices = decodeMap(decodeService);

/** `/v1/catalog/node/:node`, which is `null` for a node that is not there. */
export const decodeCatalogNode: Decoder<CatalogNode | undefined> = (value) => {
  if (value === null) return undefined;
  const object = decodeObject(value);
  return { node: field(object, 'Node', decodeNode), services: [...field(object, 'Services', decodeServices).values()] };
};
