import type { ConsulClient } from '../consul/consul-client.ts';
import { ConsulSource } from '../discovery/consul-source.ts';
import { ConsulTrafficRules } from '../discovery/consul-traffic-rules.ts';
import type { DiscoveryListener } from '../discovery/discovery-event.ts';
import { probeEndpoint } from '../discovery/endpoint-probe.ts';
import { IteratedSource } from '../discovery/iterated-source.ts';
import { LastGoodStore } from '../discovery/last-good-store.ts';
import { PreparedQuerySource } from '../discovery/prepared-query-source.ts';
import { ProbedSource } from '../discovery/probed-source.ts';
import { ReachSource } from '../discovery/reach.ts';
import { resilientSource } from '../discovery/resilient-source.ts';
import { SharedRules } from '../discovery/shared-rules.ts';
import { SharedSource } from '../discovery/shared-source.ts';
import { StaticSource } from '../discovery/static-source.ts';
import { addressRefusal } from '../proxy/address-check.ts';
import { systemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';
import type { EndpointSource, ServiceQuery } from '../upstream/endpoint-source.ts';
import type { TrafficPlanSource } from '../upstream/traffic-plan.ts';
import type { Config } from './config.ts';
import { durationMs } from './units.ts';

/** What a catalog is made of. */
export interface CatalogOptions {
  readonly config: Config;
  readonly consul: ConsulClient;
  readonly onEvent: DiscoveryListener;
  /** The catalog can no longer be asked, or answers again. */
  readonly onReach: (answers: boolean) => void;
}

/** Where upstreams learn who exists, and who gets how much. */
export interface Catalog {
  readonly source: EndpointSource;
  /** Undefined: traffic rules are not followed. */
  readonly plans: TrafficPlanSource | undefined;
  /** Keeps the last good view on disk while it runs; undefined: nothing is kept. */
  readonly store: LastGoodStore | undefined;
}

const NO_LISTENERS: ReadonlySet<string> = new Set();

/** A probe may go where a request may; that one of our own listeners would answer it does no harm. */
function mayDial(ip: string, port: number): string | undefined {
  return addressRefusal(ip, port, NO_LISTENERS);
}

/**
 * Consul, guarded and remembered, for all but the upstreams with a fixed list or a prepared query. Where workers watch as
 * well, each thing is asked once for all.
 */
export function makeCatalog({ config, consul, onEvent, onReach }: CatalogOptions): Catalog {
  const { path, maxAge } = config.snapshot;
  const { consistency } = config.consul;
  const clock = systemClock;
  const store =
    path === undefined
      ? undefined
      : new LastGoodStore({ directory: path, maxAgeMs: durationMs(maxAge), clock, onEvent });
  const asked = new ConsulSource({ consul, consistency: consistency === 'default' ? undefined : consistency });
  const catalog = resilientSource({
    source: new ReachSource(asked, onReach),
    store,
    clock,
    onEvent,
  });
  // The agent's cache does not renew the answers of prepared queries: polls would get the same one again and again.
  const polled = new PreparedQuerySource({ consul, consistency: consistency === 'cached' ? 'default' : consistency });
  const queries = new IteratedSource(polled, clock);
  const sourceFor = ({ endpoints, preparedQuery }: ServiceQuery): EndpointSource => {
    if (endpoints !== undefined) return new StaticSource(endpoints);
    return preparedQuery === undefined ? catalog : queries;
  };
  const source = new ProbedSource({
    source: { watch: (query, listener) => sourceFor(query).watch(query, listener) },
    probe: (endpoint, settings, signal) => probeEndpoint(endpoint, settings, mayDial, signal),
    clock,
    random: systemRandom,
    onEvent,
  });
  const plans = config.consul.trafficRules ? new ConsulTrafficRules(consul) : undefined;
  const hasWorkers = config.proxy.workers > 1;
  if (!hasWorkers) return { source, plans, store };
  return { source: new SharedSource(source, clock), plans: plans && new SharedRules(plans), store };
}
