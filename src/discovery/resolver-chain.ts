import type { JsonObject } from '../consul/decode/decoder.ts';
import type { ChainTarget, DiscoveryChain } from '../consul/decode/discovery-chain.ts';

/** Redirects in a row that are followed; Consul itself refuses circles. */
const MAX_REDIRECTS = 16;

/** The resolver of a service, as Consul has it. */
type ResolverOf = (service: string) => JsonObject | undefined;

interface Wanted {
  readonly service: string;
  readonly subset: string;
  /** Empty: the agent's own. */
  readonly datacenter: string;
}

/**
 * The chain that a service's resolver alone makes, for agents that compile none because Connect is off: redirect, default
 * subset, failover. Splitters and routers are not looked at then. Pure.
 */
export function resolverChain(service: string, resolverOf: ResolverOf): DiscoveryChain {
  const targets = new Map<string, ChainTarget>();
  const target = (wanted: Wanted): string => {
    const found = targetOf(wanted, resolverOf);
    targets.set(found.id, found);
    return found.id;
  };
  const first = targetOf({ service, subset: '', datacenter: '' }, resolverOf);
  const resolver = resolverOf(first.service) ?? {};
  const failover = failoverOf(resolver, first.subset);
  const failoverTargets = failover.map((wanted) =>
    target({ ...wanted, service: wanted.service || first.service, subset: wanted.subset || first.subset }),
  );
  targets.set(first.id, first);
  const connectTimeout = typeof resolver.ConnectTimeout === 'string' ? resolver.ConnectTimeout : undefined;
  const { id } = first;
  const node = { name: id, isDefault: false, connectTimeout, target: id, failoverTargets };
  return {
    service,
    datacenter: '',
    protocol: 'http',
    startNode: id,
    nodes: new Map([[id, { kind: 'resolver', ...node }]]),
    targets,
  };
}

function targetOf(wanted: Wanted, resolverOf: ResolverOf): ChainTarget {
  let { service, subset, datacenter } = wanted;
  for (let hop = 0; hop < MAX_REDIRECTS; hop++) {
    const redirect = objectAt(resolverOf(service), 'Redirect');
    if (redirect === undefined) break;
    service = textAt(redirect, 'Service') || service;
    subset = textAt(redirect, 'ServiceSubset') || subset;
    datacenter = textAt(redirect, 'Datacenter') || datacenter;
  }
  const resolver = resolverOf(service);
  subset ||= textAt(resolver, 'DefaultSubset');
  const definition = objectAt(objectAt(resolver, 'Subsets'), subset);
  const id = [subset, service, datacenter].filter((part) => part !== '').join('.');
  const filter = textAt(definition, 'Filter');
  return { id, service, datacenter, subset, filter, onlyPassing: definition?.OnlyPassing === true };
}

/** A subset's own failover, or the one for all of them. */
function failoverOf(resolver: JsonObject, subset: string): readonly Wanted[] {
  const rules = objectAt(resolver, 'Failover');
  const rule = objectAt(rules, subset) ?? objectAt(rules, '*');
  if (rule === undefined) return [];
  const place = { service: textAt(rule, 'Service'), subset: textAt(rule, 'ServiceSubset') };
  const datacenters = Array.isArray(rule.Datacenters) ? rule.Datacenters.map(String) : [];
  if (datacenters.length === 0) return [{ ...place, datacenter: '' }];
  return datacenters.map((datacenter) => ({ ...place, datacenter }));
}

function objectAt(object: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function textAt(object: JsonObject | undefined, key: string): string {
  const value = object?.[key];
  return typeof value === 'string' ? value : '';
}
