import {
  type Decoder,
  decodeList,
  decodeMap,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStringMap,
  decodeStrings,
  expected,
  field,
  fieldOr,
  optionalField,
} from './decoder.ts';

/** What a check can say. A check in maintenance is `critical`; its id says so, see {@link isMaintenanceCheck}. */
export type CheckStatus = 'passing' | 'warning' | 'critical';

/** An address and port by which a service or node is also known, such as `wan` or `lan_ipv6`. */
export interface TaggedAddress {
  readonly address: string;
  readonly port: number;
}

/** How much traffic an instance takes, by its health. */
export interface ServiceWeights {
  readonly passing: number;
  readonly warning: number;
}

/** A node as health and catalog answers tell it. */
export interface NodeInfo {
  /** Empty where Consul gives none (nodes registered in the catalog by hand). */
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** Empty where Consul gives none. */
  readonly datacenter: string;
  readonly taggedAddresses: ReadonlyMap<string, string>;
  readonly meta: ReadonlyMap<string, string>;
}

/** An instance of a service. */
export interface ServiceInfo {
  /** Unique on its agent. */
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  /** Empty: the node's address is meant. */
  readonly address: string;
  /** 0: none was registered. */
  readonly port: number;
  readonly meta: ReadonlyMap<string, string>;
  readonly taggedAddresses: ReadonlyMap<string, TaggedAddress>;
  readonly weights: ServiceWeights;
  /** Empty for a typical service; `connect-proxy`, `mesh-gateway` and so on. */
  readonly kind: string;
}

/** A health check of a node or a service. */
export interface HealthCheck {
  /** Unique on its node. */
  readonly id: string;
  readonly node: string;
  readonly name: string;
  readonly status: CheckStatus;
  readonly notes: string;
  readonly output: string;
  /** Empty for a check of the node. */
  readonly serviceId: string;
  /** Empty for a check of the node. */
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  /** `http`, `ttl` and so on; empty where the agent does not tell. */
  readonly type: string;
}

/** An instance with its node and all the checks that count for it. */
export interface HealthEntry {
  readonly node: NodeInfo;
  readonly service: ServiceInfo;
  readonly checks: readonly HealthCheck[];
}

const decodeStatus: Decoder<CheckStatus> = (value) => {
  if (value === 'passing' || value === 'warning' || value === 'critical') return value;
  throw expected('passing, warning or critical', value);
};

/** `{Address, Port}`. */
export const decodeTaggedAddress: Decoder<TaggedAddress> = (value) => {
  const object = decodeObject(value);
  return { address: field(object, 'Address', decodeString), port: fieldOr(object, 'Port', decodeNumber, 0) };
};

/** `{Passing, Warning}`; agents before 1.2 tell none, which means 1 and 1. */
export const decodeWeights: Decoder<ServiceWeights> = (value) => {
  const object = decodeObject(value);
  return {
    passing: fieldOr(object, 'Passing', decodeNumber, 1),
    warning: fieldOr(object, 'Warning', decodeNumber, 1),
  };
};

/** The weights of a service that tells none. */
export const DEFAULT_WEIGHTS: ServiceWeights = { passing: 1, warning: 1 };

/** A node, as in `/v1/catalog/nodes` and `/v1/health/service`. */
export const decodeNode: Decoder<NodeInfo> = (value) => {
  const object = decodeObject(value);
  return {
    id: fieldOr(object, 'ID', decodeString, ''),
    name: field(object, 'Node', decodeString),
    address: field(object, 'Address', decodeString),
    datacenter: fieldOr(object, 'Datacenter', decodeString, ''),
    taggedAddresses: field(object, 'TaggedAddresses', decodeStringMap),
    meta: field(object, 'Meta', decodeStringMap),
  };
};

const decodeTaggedAddresses = decodeMap(decodeTaggedAddress);

/** A service, as inside `/v1/health/service` and `/v1/agent/services`. */
export const decodeService: Decoder<ServiceInfo> = (value) => {
  const object = decodeObject(value);
  const name = field(object, 'Service', decodeString);
  return {
    id: fieldOr(object, 'ID', decodeString, name),
    name,
    tags: field(object, 'Tags', decodeStrings),
    address: fieldOr(object, 'Address', decodeString, ''),
    port: fieldOr(object, 'Port', decodeNumber, 0),
    meta: field(object, 'Meta', decodeStringMap),
    taggedAddresses: field(object, 'TaggedAddresses', decodeTaggedAddresses),
    weights: fieldOr(object, 'Weights', decodeWeights, DEFAULT_WEIGHTS),
    kind: fieldOr(object, 'Kind', decodeString, ''),
  };
};

/** A check, as in `/v1/health/checks` and `/v1/agent/checks`. */
export const decodeCheck: Decoder<HealthCheck> = (value) => {
  const object = decodeObject(value);
  return {
    id: field(object, 'CheckID', decodeString),
    node: fieldOr(object, 'Node', decodeString, ''),
    name: fieldOr(object, 'Name', decodeString, ''),
    status: field(object, 'Status', decodeStatus),
    notes: fieldOr(object, 'Notes', decodeString, ''),
    output: fieldOr(object, 'Output', decodeString, ''),
    serviceId: fieldOr(object, 'ServiceID', decodeString, ''),
    serviceName: fieldOr(object, 'ServiceName', decodeString, ''),
    serviceTags: field(object, 'ServiceTags', decodeStrings),
    type: optionalField(object, 'Type', decodeString) ?? '',
  };
};

/** The list of checks of an entry. */
export const decodeChecks: Decoder<readonly HealthCheck[]> = decodeList(decodeCheck);

/** An entry of `/v1/health/service`. */
export const decodeHealthEntry: Decoder<HealthEntry> = (value) => {
  const object = decodeObject(value);
  return {
    node: field(object, 'Node', decodeNode),
    service: field(object, 'Service', decodeService),
    checks: field(object, 'Checks', decodeChecks),
  };
};

/** The list of entries that a prepared query gives. */
export const decodeHealthEntries: Decoder<readonly HealthEntry[]> = decodeList(decodeHealthEntry);
