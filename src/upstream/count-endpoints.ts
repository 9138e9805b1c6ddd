import { isOffered, isWell } from './select-candidates.ts';
import type { Upstream } from './upstream.ts';

/** How many endpoints there are in each state; each is counted once. */
export interface EndpointCounts {
  readonly used: number;
  /** Ejected and not used in panic. */
  readonly ejected: number;
  /** Failing our own probes, and not used in panic. */
  readonly failing: number;
  /** By the catalog, whether because of checks, maintenance or weight. */
  readonly unwell: number;
  /** Well, but far, or in a datacenter that is not in use. */
  readonly standby: number;
  /** No longer in the catalog, their last requests under way. */
  readonly departed: number;
}

/** Counts the upstream's endpoints by state. Looks at all of them, and makes nothing for each: it is for gauges. */
export function countEndpoints(upstream: Upstream): EndpointCounts {
  const { choice, settings } = upstream;
  const used = new Set(choice.selection.candidates);
  const counts = { used: 0, ejected: 0, failing: 0, unwell: 0, standby: 0, departed: 0 };
  for (const view of upstream.views) {
    for (const member of view.members()) {
      const { endpoint, outlier } = member;
      if (used.has(member)) counts.used += 1;
      else if (outlier.kind === 'ejected') counts.ejected += 1;
      else if (!isOffered(endpoint) || !isWell(endpoint, settings)) counts.unwell += 1;
      else if (endpoint.probeFailure !== undefined) counts.failing += 1;
      else counts.standby += 1;
    }
    for (const _member of view.departed()) counts.departed += 1;
  }
  return counts;
}
