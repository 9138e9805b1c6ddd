import type { ServiceQuery } from './endpoint-source.ts';
import type { TrafficTarget } from './traffic-plan.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

/**
 * The settings of a target of traffic rules: what the rules say goes before what its service is set to.
 * @param key of the target's upstream; its label in metrics too
 */
export function targetSettings(base: UpstreamSettings, target: TrafficTarget, key: string): UpstreamSettings {
  const { query, onlyPassing, failover, settings } = target;
  const { connectMs, totalMs, attempts, retryOn } = settings;
  const { timeouts, retry } = base;
  return {
    ...base,
    name: key,
    query: { ...base.query, ...query },
    // The configured failover is for the plain service; rules that name one of their own go before it.
    failover: failover.length > 0 ? failover.map(nameOf) : base.failover,
    failoverQueries: failover.length > 0 ? failover : undefined,
    passing: onlyPassing || base.passing,
    timeouts: { ...timeouts, connectMs: connectMs ?? timeouts.connectMs, totalMs: totalMs ?? timeouts.totalMs },
    retry: { ...retry, attempts: attempts ?? retry.attempts, on: retryOn ?? retry.on },
    // It stands in for a catalog that was never reached; rules come from the catalog.
    fallback: [],
  };
}

function nameOf({ service, datacenter, subset }: ServiceQuery): string {
  return `${subset === undefined ? '' : `${subset.name}.`}${service}${datacenter === undefined ? '' : `@${datacenter}`}`;
}
