import type {
  CheckDefinition,
  CheckRecord,
  NodeRecord,
  ServiceDefinition,
  ServiceRecord,
} from '../store/catalog-records.ts';

/** A Map as a JSON object with its keys in order, as Go writes maps. */
export function sortedObject<V>(map: ReadonlyMap<string, V> | Iterable<readonly [string, V]>): Record<string, V> {
  const pairs = [...map].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.assign(Object.create(null), Object.fromEntries(pairs));
}

/** The same, with null for an absent one, as Go writes a nil map. */
export function objectOrNull<V>(map: ReadonlyMap<string, V> | undefined): Record<string, V> | null {
  return map === undefined ? null : sortedObject(map);
}

/** A node as the catalog's endpoints show it. */
export function encodeNode(node: NodeRecord): object {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: objectOrNull(node.TaggedAddresses),
    Meta: objectOrNull(node.Meta),
    CreateIndex: node.CreateIndex,
    ModifyIndex: node.ModifyIndex,
  };
}

/** An instance inside `/health/service` and `/catalog/node`. */
export function encodeService(service: ServiceRecord): object {
  return {
    ...(service.Kind === '' ? {} : { Kind: service.Kind }),
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags,
    Address: service.Address,
    ...taggedAddresses(service, 'TaggedAddresses'),
    Meta: objectOrNull(service.Meta),
    Port: service.Port,
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    Proxy: { ...service.Proxy, MeshGateway: {}, Expose: {} },
    Connect: service.Connect ?? {},
    CreateIndex: service.CreateIndex,
    ModifyIndex: service.ModifyIndex,
  };
}

/** An instance with its node, as `/catalog/service` shows it: flat, with prefixed names. */
export function encodeServiceNode(node: NodeRecord, service: ServiceRecord): object {
  return {
    ID: node.ID,
    Node: service.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    TaggedAddresses: objectOrNull(node.TaggedAddresses),
    NodeMeta: objectOrNull(node.Meta),
    ServiceKind: service.Kind,
    ServiceID: service.ID,
    ServiceName: service.Service,
    ServiceTags: service.Tags,
    ServiceAddress: service.Address,
    ...taggedAddresses(service, 'ServiceTaggedAddresses'),
    ServiceWeights: service.Weights,
    ServiceMeta: sortedObject(service.Meta ?? []),
    ServicePort: service.Port,
    ServiceEnableTagOverride: service.EnableTagOverride,
    ServiceProxy: { ...service.Proxy, MeshGateway: {}, Expose: {} },
    ServiceConnect: service.Connect ?? {},
    CreateIndex: service.CreateIndex,
    ModifyIndex: service.ModifyIndex,
  };
}

/** An instance as the agent's own endpoints show it. */
export function encodeAgentService(service: ServiceDefinition): object {
  return {
    ...(service.Kind === '' ? {} : { Kind: service.Kind }),
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags,
    Meta: sortedObject(service.Meta ?? []),
    Port: service.Port,
    Address: service.Address,
    ...taggedAddresses(service, 'TaggedAddresses'),
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    ...(service.Connect === undefined ? {} : { Connect: service.Connect }),
  };
}

/** A check as the catalog's endpoints show it. */
export function encodeCheck(check: CheckRecord): object {
  return { ...checkFields(check), CreateIndex: check.CreateIndex, ModifyIndex: check.ModifyIndex };
}

/** A check as the agent's own endpoints show it: without a place in the catalog. */
export function encodeAgentCheck(check: CheckDefinition): object {
  return { ...checkFields(check), CreateIndex: 0, ModifyIndex: 0 };
}

function checkFields(check: CheckDefinition): object {
  return {
    Node: check.Node,
    CheckID: check.CheckID,
    Name: check.Name,
    Status: check.Status,
    Notes: check.Notes,
    Output: check.Output,
    ServiceID: check.ServiceID,
    ServiceName: check.ServiceName,
    ServiceTags: check.ServiceTags,
    Type: check.Type,
    Definition: check.Definition,
  };
}

function taggedAddresses(service: ServiceDefinition, name: string): object {
  const { TaggedAddresses: addresses } = service;
  return addresses === undefined || addresses.size === 0 ? {} : { [name]: sortedObject(addresses) };
}
