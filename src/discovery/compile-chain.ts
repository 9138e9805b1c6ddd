import type { ChainNode, ChainTarget, DiscoveryChain } from '../consul/decode/discovery-chain.ts';
import type { ServiceQuery } from '../upstream/endpoint-source.ts';
import type {
  RouteSettings,
  TrafficPlan,
  TrafficRoute,
  TrafficSplit,
  TrafficTarget,
} from '../upstream/traffic-plan.ts';
import { durationMsOf, routeMatchOf, routeRulesOf } from './chain-route.ts';

/** Consul's own connect timeout, which it fills in where a resolver says none: ours stays then. */
const CONSUL_CONNECT_MS = 5000;
/** Nodes in a row; Consul itself refuses circles. */
const MAX_DEPTH = 32;

/**
 * What a compiled discovery chain means for requests: routes, each with shares of targets. Undefined when it only says
 * what holds without it: all of the service's instances, here. Pure.
 */
export function compileChain(chain: DiscoveryChain): TrafficPlan | undefined {
  const start = chain.nodes.get(chain.startNode);
  if (start === undefined) return undefined;
  const routes: readonly TrafficRoute[] =
    start.kind === 'router'
      ? start.routes.flatMap(({ definition, nextNode }): TrafficRoute[] => {
          const match = routeMatchOf(definition);
          // A rule that cannot be told apart here is left out rather than taken for another.
          if (match === 'unusable') return [];
          const { rewrite, settings } = routeRulesOf(definition);
          return [{ match, rewrite, splits: splitsOf(chain, nextNode, settings) }];
        })
      : [{ match: undefined, rewrite: undefined, splits: splitsOf(chain, chain.startNode, {}) }];
  const usable = routes.filter(({ splits }) => splits.some(({ weight }) => weight > 0));
  return usable.length === 0 || isPlain(chain, usable) ? undefined : { routes: usable };
}

/** The shares that a node stands for; splitters of splitters are multiplied out. */
function splitsOf(chain: DiscoveryChain, nodeName: string, settings: RouteSettings): readonly TrafficSplit[] {
  const walk = (name: string, share: number, depth: number): readonly TrafficSplit[] => {
    const node = chain.nodes.get(name);
    if (node === undefined || depth > MAX_DEPTH || node.kind === 'router') return [];
    if (node.kind === 'splitter') {
      return node.splits.flatMap(({ weight, nextNode }) => walk(nextNode, (share * weight) / 100, depth + 1));
    }
    const target = targetOf(chain, node, settings);
    return target === undefined ? [] : [{ weight: share, target }];
  };
  return walk(nodeName, 100, 0);
}

function targetOf(
  chain: DiscoveryChain,
  resolver: Extract<ChainNode, { kind: 'resolver' }>,
  route: RouteSettings,
): TrafficTarget | undefined {
  const target = chain.targets.get(resolver.target);
  if (target === undefined) return undefined;
  const connectMs = durationMsOf(resolver.connectTimeout);
  const settings: RouteSettings = {
    ...route,
    ...(connectMs === undefined || connectMs === CONSUL_CONNECT_MS ? {} : { connectMs }),
  };
  const failover = resolver.failoverTargets.flatMap((id): ServiceQuery[] => {
    const other = chain.targets.get(id);
    return other === undefined ? [] : [queryOf(other, chain)];
  });
  const own = Object.keys(settings).length === 0 ? '' : `!${JSON.stringify(settings)}`;
  return {
    key: `${target.id}${own}`,
    query: queryOf(target, chain),
    onlyPassing: target.onlyPassing,
    failover,
    settings,
  };
}

function queryOf({ service, datacenter, subset, filter }: ChainTarget, chain: DiscoveryChain): ServiceQuery {
  return {
    service,
    ...(datacenter === '' || datacenter === chain.datacenter ? {} : { datacenter }),
    ...(filter === '' ? {} : { subset: { name: subset, filter } }),
  };
}

function isPlain({ service }: DiscoveryChain, routes: readonly TrafficRoute[]): boolean {
  return routes.every(({ rewrite, splits }) => {
    const [only] = splits;
    if (rewrite !== undefined || splits.length !== 1 || only === undefined) return false;
    const { query, onlyPassing, failover, settings } = only.target;
    const isWhole = query.service === service && query.datacenter === undefined && query.subset === undefined;
    return isWhole && !onlyPassing && failover.length === 0 && Object.keys(settings).length === 0;
  });
}
