import {
  type Decoder,
  decodeBoolean,
  decodeList,
  decodeMap,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStrings,
  expected,
  field,
  fieldOr,
  type JsonObject,
  optionalField,
} from './decoder.ts';

/** A share of the traffic of a splitter. */
export interface ChainSplit {
  /** 0 to 100. */
  readonly weight: number;
  readonly nextNode: string;
}

/** A rule of a router. */
export interface ChainRoute {
  /** `Match` and `Destination` as Consul gives them. */
  readonly definition: JsonObject;
  readonly nextNode: string;
}

/** A step of a compiled chain. */
export type ChainNode =
  | { readonly kind: 'router'; readonly name: string; readonly routes: readonly ChainRoute[] }
  | { readonly kind: 'splitter'; readonly name: string; readonly splits: readonly ChainSplit[] }
  | {
      readonly kind: 'resolver';
      readonly name: string;
      /** Whether nobody has configured it. */
      readonly isDefault: boolean;
      /** Such as `5s`; undefined: Consul's default. */
      readonly connectTimeout: string | undefined;
      readonly target: string;
      /** Targets to go to, in this order, when the first has nothing. */
      readonly failoverTargets: readonly string[];
    };

/** Instances that a resolver means. */
export interface ChainTarget {
  readonly id: string;
  readonly service: string;
  readonly datacenter: string;
  readonly subset: string;
  /** Filter expression of the subset; empty for none. */
  readonly filter: string;
  /** Whether instances with a warning do not count. */
  readonly onlyPassing: boolean;
}

/** Where the traffic to a service goes: router, then splitters, then resolvers, which name targets. */
export interface DiscoveryChain {
  readonly service: string;
  /** In which it was compiled; targets name theirs always. */
  readonly datacenter: string;
  /** `tcp`, `http`, `http2` or `grpc`. */
  readonly protocol: string;
  readonly startNode: string;
  readonly nodes: ReadonlyMap<string, ChainNode>;
  readonly targets: ReadonlyMap<string, ChainTarget>;
}

const decodeSplit: Decoder<ChainSplit> = (value) => {
  const object = decodeObject(value);
  return { weight: fieldOr(object, 'Weight', decodeNumber, 0), nextNode: field(object, 'NextNode', decodeString) };
};

const decodeRoute: Decoder<ChainRoute> = (value) => {
  const object = decodeObject(value);
  return { definition: field(object, 'Definition', decodeObject), nextNode: field(object, 'NextNode', decodeString) };
};

const decodeSplits = decodeList(decodeSplit);
const decodeRoutes = decodeList(decodeRoute);

const decodeFailover: Decoder<readonly string[]> = (value) => field(decodeObject(value), 'Targets', decodeStrings);

const decodeResolver: Decoder<Omit<Extract<ChainNode, { kind: 'resolver' }>, 'kind' | 'name'>> = (value) => {
  const resolver = decodeObject(value);
  return {
    isDefault: fieldOr(resolver, 'Default', decodeBoolean, false),
    connectTimeout: optionalField(resolver, 'ConnectTimeout', decodeString),
    target: field(resolver, 'Target', decodeString),
    failoverTargets: fieldOr(resolver, 'Failover', decodeFailover, []),
  };
};

const decodeChainNode: Decoder<ChainNode> = (value) => {
  const object = decodeObject(value);
  const name = field(object, 'Name', decodeString);
  switch (object.Type) {
    case 'router':
      return { kind: 'router', name, routes: field(object, 'Routes', decodeRoutes) };
    case 'splitter':
      return { kind: 'splitter', name, splits: field(object, 'Splits', decodeSplits) };
    case 'resolver':
      return { kind: 'resolver', name, ...field(object, 'Resolver', decodeResolver) };
    default:
      throw expected('Type router, splitter or resolver', object.Type);
  }
};

const decodeTarget: Decoder<ChainTarget> = (value) => {
  const object = decodeObject(value);
  const subset = fieldOr(object, 'Subset', decodeObject, {});
  return {
    id: field(object, 'ID', decodeString),
    service: field(object, 'Service', decodeString),
    datacenter: fieldOr(object, 'Datacenter', decodeString, ''),
    subset: fieldOr(object, 'ServiceSubset', decodeString, ''),
    filter: fieldOr(subset, 'Filter', decodeString, ''),
    onlyPassing: fieldOr(subset, 'OnlyPassing', decodeBoolean, false),
  };
};

const decodeChainNodes = decodeMap(decodeChainNode);
const decodeTargets = decodeMap(decodeTarget);

const decodeChain: Decoder<DiscoveryChain> = (value) => {
  const chain = decodeObject(value);
  return {
    service: field(chain, 'ServiceName', decodeString),
    datacenter: fieldOr(chain, 'Datacenter', decodeString, ''),
    protocol: fieldOr(chain, 'Protocol', decodeString, 'tcp'),
    startNode: field(chain, 'StartNode', decodeString),
    nodes: field(chain, 'Nodes', decodeChainNodes),
    targets: field(chain, 'Targets', decodeTargets),
  };
};

/** `/v1/discovery-chain/:service`. */
export const decodeDiscoveryChain: Decoder<DiscoveryChain> = (value) =>
  field(decodeObject(value), 'Chain', decodeChain);
