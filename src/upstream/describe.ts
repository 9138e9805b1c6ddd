import { answerQuantileMs } from './answer-times.ts';
import { countEndpoints, type EndpointCounts } from './count-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointOrigin } from './endpoint-source.ts';
import type { UpstreamState } from './failover-views.ts';
import type { OutlierState } from './member-history.ts';
import type { Upstream } from './upstream.ts';
import type { PolicyName } from './upstream-settings.ts';
import type { UpstreamTotals } from './upstream-totals.ts';

/** An endpoint and what we know of it ourselves. */
export interface MemberDescription {
  readonly endpoint: Endpoint;
  readonly isUsed: boolean;
  readonly standing: OutlierState['kind'];
  /** No longer in the catalog; its last requests are under way. */
  readonly departed: boolean;
  readonly inFlight: number;
  /** Since it was first seen. */
  readonly requests: number;
  readonly failed: number;
  /** Peak-sensitive moving average of its answer times; 0 while unknown. */
  readonly latencyMs: number;
  /** Half of the answers of the last 30 to 60 s came within this; undefined when there were none. */
  readonly p50Ms: number | undefined;
  /** 99 of 100 of them. */
  readonly p99Ms: number | undefined;
}

/** An upstream at a moment. */
export interface UpstreamDescription {
  readonly key: string;
  readonly service: string;
  readonly state: UpstreamState;
  readonly policy: PolicyName;
  readonly origin: EndpointOrigin | undefined;
  /** Since the catalog last told, or confirmed, the view in use; undefined while there is none. */
  readonly ageMs: number | undefined;
  /** Since the view in use last changed. */
  readonly changedMsAgo: number | undefined;
  readonly panic: boolean;
  /** The failover datacenter in use; undefined: the upstream's own. */
  readonly failover: string | undefined;
  readonly inFlight: number;
  readonly totals: Readonly<UpstreamTotals>;
  readonly counts: EndpointCounts;
  readonly members: readonly MemberDescription[];
}

/** Describes the upstream as it is now, for the admin API. Looks at all endpoints. */
export function describe(upstream: Upstream): UpstreamDescription {
  const { choice, clock, settings } = upstream;
  const { view, selection } = choice;
  const nowMs = clock.nowMs();
  const used = new Set(selection.candidates);
  const members: MemberDescription[] = [];
  for (const each of upstream.views) {
    for (const member of [...each.members(), ...each.departed()]) {
      const { endpoint, history, departed } = member;
      const { outlier, inFlight, requests, failed, latencyMs } = history;
      const isUsed = used.has(member);
      const standing = outlier.kind;
      const answers = history.answerCounts(nowMs);
      const p50Ms = answerQuantileMs(answers, 0.5);
      const p99Ms = answerQuantileMs(answers, 0.99);
      members.push({ endpoint, isUsed, standing, departed, inFlight, requests, failed, latencyMs, p50Ms, p99Ms });
    }
  }
  return {
    key: upstream.key,
    service: settings.query.service,
    state: upstream.state,
    policy: settings.policy,
    origin: view.origin,
    ageMs: view.confirmedAtMs === undefined ? undefined : nowMs - view.confirmedAtMs,
    changedMsAgo: view.changedAtMs === undefined ? undefined : nowMs - view.changedAtMs,
    panic: selection.panic,
    failover: view.datacenter,
    inFlight: upstream.inFlight,
    totals: { ...upstream.totals },
    counts: countEndpoints(upstream),
    members,
  };
}
