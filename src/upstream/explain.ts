import type { Endpoint, EndpointCheck } from './endpoint.ts';
import type { EndpointOrigin } from './endpoint-source.ts';
import type { UpstreamState } from './failover-views.ts';
import type { Member } from './member.ts';
import type { EjectionReason } from './member-history.ts';
import { hasFailed, isNear, isOffered, isWell, type Selection } from './select-candidates.ts';
import type { Upstream } from './upstream.ts';
import type { PolicyName } from './upstream-settings.ts';
import type { View } from './view.ts';

/** One thing that keeps an endpoint out of use, lessens its share, or keeps it in use in spite of another. */
export type Reason =
  /** The catalog says so, by this check; undefined: by none that we know. */
  | { readonly kind: 'critical' | 'warning' | 'maintenance'; readonly check: EndpointCheck | undefined }
  | { readonly kind: 'no-weight' }
  /** Our own probes fail. */
  | { readonly kind: 'probe-failing'; readonly output: string }
  | {
      readonly kind: 'ejected';
      readonly reason: EjectionReason;
      /** How many times it was ejected lately, this one included: the time grows with it. */
      readonly ejections: number;
      readonly returnsInMs: number;
    }
  /** Back from an ejection, or from failing probes, with this share of its weight. */
  | { readonly kind: 'slow-start'; readonly share: number }
  /** Used although it is unwell or ejected, since too few are usable. */
  | { readonly kind: 'panic' }
  /** Elsewhere, and there are enough near ones. */
  | { readonly kind: 'far'; readonly key: string; readonly value: string }
  /** Its datacenter is not the one in use. */
  | { readonly kind: 'standby'; readonly datacenter: string | undefined }
  /** No longer in the catalog; its last requests are under way. */
  | { readonly kind: 'departed' };

/** Whether, and why, an endpoint is used. */
export interface EndpointExplanation {
  readonly endpoint: Endpoint;
  readonly isUsed: boolean;
  /** Of all requests, by weight, 0…1; what load and latency make of it is the policy's. */
  readonly share: number;
  readonly inFlight: number;
  /** Empty for one that is simply used. */
  readonly reasons: readonly Reason[];
}

/** Why an upstream sends its requests where it does. */
export interface Explanation {
  readonly key: string;
  readonly state: UpstreamState;
  readonly policy: PolicyName;
  readonly origin: EndpointOrigin | undefined;
  /** Since the catalog last told, or confirmed, the view in use; undefined while there is none. */
  readonly ageMs: number | undefined;
  readonly panic: boolean;
  /** Only near endpoints are used, or all since too few near ones are usable, or `locality` plays no part. */
  readonly reach: Selection['reach'];
  /** The failover datacenter in use; undefined: the upstream's own. */
  readonly failover: string | undefined;
  /** The endpoint that the next request gets; undefined when chance decides. */
  readonly next: Endpoint | undefined;
  readonly endpoints: readonly EndpointExplanation[];
}

/**
 * Explains each endpoint of the upstream, without sending or moving anything. Looks at all; not for the hot path.
 * @param hash of the request to explain, for `ring-hash`
 */
export function explain(upstream: Upstream, hash?: number): Explanation {
  const { choice, clock, settings } = upstream;
  const nowMs = clock.nowMs();
  const used = new Set(choice.selection.candidates);
  let totalWeight = 0;
  for (const { weight } of used) totalWeight += weight;
  const about = (member: Member, view: View): EndpointExplanation => ({
    endpoint: member.endpoint,
    isUsed: used.has(member),
    share: used.has(member) ? member.weight / totalWeight : 0,
    inFlight: member.inFlight,
    reasons: reasonsFor(member, { upstream, view, nowMs, isUsed: used.has(member) }),
  });
  const endpoints: EndpointExplanation[] = [];
  for (const view of upstream.views) {
    for (const member of view.members()) endpoints.push(about(member, view));
    for (const member of view.departed()) endpoints.push(about(member, view));
  }
  const { view, selection } = choice;
  return {
    key: upstream.key,
    state: upstream.state,
    policy: settings.policy,
    origin: view.origin,
    ageMs: view.confirmedAtMs === undefined ? undefined : nowMs - view.confirmedAtMs,
    panic: selection.panic,
    reach: selection.reach,
    failover: view.datacenter,
    next: upstream.peek(hash),
    endpoints,
  };
}

interface Circumstances {
  readonly upstream: Upstream;
  readonly view: View;
  readonly nowMs: number;
  readonly isUsed: boolean;
}

function reasonsFor(member: Member, { upstream, view, nowMs, isUsed }: Circumstances): Reason[] {
  const { choice, settings } = upstream;
  const { endpoint, outlier } = member;
  const reasons: Reason[] = [];
  if (member.departed) reasons.push({ kind: 'departed' });
  if (endpoint.health !== 'passing') {
    const { health: kind } = endpoint;
    reasons.push({ kind, check: endpoint.checks.find(({ status }) => status === kind) });
  }
  if (endpoint.weight <= 0) reasons.push({ kind: 'no-weight' });
  if (endpoint.probeFailure !== undefined) reasons.push({ kind: 'probe-failing', output: endpoint.probeFailure });
  if (outlier.kind === 'ejected') {
    const { reason, ejections, untilMs } = outlier;
    reasons.push({ kind: 'ejected', reason, ejections, returnsInMs: Math.max(0, untilMs - nowMs) });
  }
  if (outlier.kind === 'returning') {
    reasons.push({ kind: 'slow-start', share: member.weight / endpoint.weight });
  }
  if (member.departed) return reasons;
  if (view !== choice.view) {
    reasons.push({ kind: 'standby', datacenter: view.datacenter });
  } else if (isUsed) {
    if (!isWell(endpoint, settings) || hasFailed(member)) reasons.push({ kind: 'panic' });
  } else if (isFar(member, upstream)) {
    const { key = '', value = '' } = settings.locality ?? {};
    reasons.push({ kind: 'far', key, value });
  }
  return reasons;
}

/** Whether the endpoint would be used if it were near. */
function isFar(member: Member, { settings }: Upstream): boolean {
  const { endpoint } = member;
  const { locality } = settings;
  if (locality === undefined || isNear(endpoint, locality)) return false;
  return isOffered(endpoint) && isWell(endpoint, settings) && !hasFailed(member);
}
