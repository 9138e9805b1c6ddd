import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import type { Registry } from '../telemetry/registry.ts';
import { describe } from '../upstream/describe.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';

/** Sets what is only known by looking at the upstreams, before each reading of the registry. */
export function collectUpstreams(registry: Registry, metrics: PilotfishMetrics, upstreams: UpstreamTable): () => void {
  return registry.onCollect(() => {
    const all = upstreams.list();
    metrics.upstreams.bind().set(all.length);
    for (const upstream of all) {
      const { key, counts, ageMs, panic } = describe(upstream);
      metrics.endpoints.bind(key, 'usable').set(counts.used + counts.standby);
      metrics.endpoints.bind(key, 'ejected').set(counts.ejected);
      metrics.endpoints.bind(key, 'unhealthy').set(counts.unwell);
      metrics.panic.bind(key).set(panic ? 1 : 0);
      if (ageMs !== undefined) metrics.catalogAge.bind(key).set(ageMs / 1000);
    }
  });
}

/** Counts what happens in upstreams. */
export function countUpstreamEvent(metrics: PilotfishMetrics, event: UpstreamEvent, upstream: string): void {
  if (event.kind === 'view') metrics.catalogChanges.bind(upstream).add(1);
  if (event.kind === 'ejected') metrics.ejections.bind(upstream, event.reason).add(1);
}
