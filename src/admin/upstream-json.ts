import type { TrafficSummary } from '../telemetry/recent-traffic.ts';
import type { UpstreamDescription } from '../upstream/describe.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Explanation } from '../upstream/explain.ts';
import { describeReason } from './describe-reason.ts';

/** An endpoint as the admin API writes it. */
export function endpointJson({ meta, ...endpoint }: Endpoint): object {
  return { ...endpoint, meta: Object.fromEntries(meta) };
}

/** An upstream without its instances: a row of `/v1/upstreams`. */
export function upstreamSummaryJson(
  { members, key, ageMs, changedMsAgo, origin, ...rest }: UpstreamDescription,
  traffic: TrafficSummary,
): object {
  return {
    name: key,
    source: origin,
    ageSeconds: seconds(ageMs),
    changedSecondsAgo: seconds(changedMsAgo),
    instances: members.length,
    ...rest,
    recent: { ...traffic, perSecond: Math.round(traffic.perSecond * 10) / 10 },
  };
}

/** An upstream with its instances: `/v1/upstreams/NAME`. */
export function upstreamJson(description: UpstreamDescription, traffic: TrafficSummary): object {
  const instances = description.members.map(({ endpoint, latencyMs, p50Ms, p99Ms, ...member }) => ({
    ...endpointJson(endpoint),
    ...member,
    latencyMs: thousandths(latencyMs),
    p50Ms: thousandths(p50Ms),
    p99Ms: thousandths(p99Ms),
  }));
  return { ...upstreamSummaryJson(description, traffic), instances };
}

/** `/v1/explain/NAME`. */
export function explanationJson({ key, ageMs, origin, next, endpoints, ...rest }: Explanation): object {
  return {
    name: key,
    source: origin,
    ageSeconds: seconds(ageMs),
    ...rest,
    next: next?.id,
    instances: endpoints.map(({ endpoint, ...explanation }) => ({
      ...endpointJson(endpoint),
      ...explanation,
      why: explanation.reasons.map(describeReason),
    })),
  };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms) / 1000;
}

function thousandths(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}
