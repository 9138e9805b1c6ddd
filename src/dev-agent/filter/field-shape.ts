/** What can be selected in a record, by field name: a plain value, a list of texts, a map, or a record within. */
export type FieldShape = 'text' | 'number' | 'flag' | 'list' | 'map' | { readonly [field: string]: FieldShape };

const indexes = { CreateIndex: 'number', ModifyIndex: 'number' } as const;
const address: FieldShape = { Address: 'text', Port: 'number' };

/** A node. */
export const nodeShape: FieldShape = {
  ID: 'text',
  Node: 'text',
  Address: 'text',
  Datacenter: 'text',
  TaggedAddresses: 'map',
  Meta: 'map',
  ...indexes,
};

/** A check. */
export const checkShape: FieldShape = {
  Node: 'text',
  CheckID: 'text',
  Name: 'text',
  Status: 'text',
  Notes: 'text',
  Output: 'text',
  ServiceID: 'text',
  ServiceName: 'text',
  ServiceTags: 'list',
  Type: 'text',
  ...indexes,
};

/** An instance. `*` stands for any key of a map of records. */
export const serviceShape: FieldShape = {
  Kind: 'text',
  ID: 'text',
  Service: 'text',
  Tags: 'list',
  Address: 'text',
  TaggedAddresses: { '*': address },
  Meta: 'map',
  Port: 'number',
  Weights: { Passing: 'number', Warning: 'number' },
  EnableTagOverride: 'flag',
  Proxy: 'map',
  Connect: { Native: 'flag' },
  ...indexes,
};

/** An instance with its node, flat, as `/v1/catalog/service` shows it. */
export const serviceNodeShape: FieldShape = {
  ID: 'text',
  Node: 'text',
  Address: 'text',
  Datacenter: 'text',
  TaggedAddresses: 'map',
  NodeMeta: 'map',
  ServiceKind: 'text',
  ServiceID: 'text',
  ServiceName: 'text',
  ServiceTags: 'list',
  ServiceAddress: 'text',
  ServiceTaggedAddresses: { '*': address },
  ServiceWeights: { Passing: 'number', Warning: 'number' },
  ServiceMeta: 'map',
  ServicePort: 'number',
  ServiceEnableTagOverride: 'flag',
  ServiceProxy: 'map',
  ServiceConnect: { Native: 'flag' },
  ...indexes,
};

/** An instance with its health, as `/v1/health/service` shows it. */
export const instanceShape: FieldShape = { Node: nodeShape, Service: serviceShape, Checks: checkShape };

/** The shape of what `selector` names; undefined if there is no such field. */
export function shapeAt(shape: FieldShape, selector: readonly string[]): FieldShape | undefined {
  let at: FieldShape | undefined = shape;
  for (const part of selector) {
    if (at === 'map') at = 'text';
    else if (at === undefined || typeof at === 'string') return undefined;
    else at = Object.hasOwn(at, part) ? at[part] : at['*'];
  }
  return at;
}
