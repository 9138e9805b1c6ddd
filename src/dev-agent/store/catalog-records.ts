/** How an instance is weighed in DNS answers and by clients. */
export interface Weights {
  readonly Passing: number;
  readonly Warning: number;
}

/** An address of a service with a role (`wan`, `lan_ipv4`, …). */
export interface TaggedAddress {
  readonly Address: string;
  readonly Port: number;
}

/** A status of a check. */
export type CheckStatus = 'passing' | 'warning' | 'critical' | 'maintenance';

/** Where a record stands in the order of writes. */
export interface Indexed {
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

/** What defines an instance. Field names are those of Consul's JSON, which this room's records are. */
export interface ServiceDefinition {
  readonly Kind: string;
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[];
  readonly Address: string;
  readonly TaggedAddresses: ReadonlyMap<string, TaggedAddress> | undefined;
  readonly Meta: ReadonlyMap<string, string> | undefined;
  readonly Port: number;
  readonly Weights: Weights;
  readonly EnableTagOverride: boolean;
  /** Plain JSON, stored and given back, never acted on: the embedded registry has no service mesh. */
  readonly Proxy: object | undefined;
  readonly Connect: object | undefined;
}

/** An instance in the catalog. */
export interface ServiceRecord extends ServiceDefinition, Indexed {
  readonly Node: string;
}

/** A machine in the catalog. */
export interface NodeDefinition {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: ReadonlyMap<string, string> | undefined;
  readonly Meta: ReadonlyMap<string, string> | undefined;
}

/** A machine in the catalog, with its place in the order of writes. */
export interface NodeRecord extends NodeDefinition, Indexed {}

/** A check's last known result, for a node (no ServiceID) or one instance. */
export interface CheckDefinition {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: CheckStatus;
  readonly Notes: string;
  readonly Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[];
  readonly Type: string;
  /** Plain JSON, as a client of `/v1/catalog/register` gave it. */
  readonly Definition: object;
}

/** A check in the catalog. */
export interface CheckRecord extends CheckDefinition, Indexed {}

/** One write to the catalog: a node, and what is on it. */
export interface CatalogRegistration {
  readonly node: NodeDefinition;
  /** Leave an existing node's address and metadata alone. */
  readonly skipNodeUpdate?: boolean;
  readonly service?: ServiceDefinition | undefined;
  readonly checks?: readonly CheckDefinition[];
}
