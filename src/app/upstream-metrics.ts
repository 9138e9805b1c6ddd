import type { LaneTraffic } from '../proxy/lane.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import { countEndpoints } from '../upstream/count-endpoints.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';

/** What an upstream's metrics are read from. */
export interface UpstreamMetricsSources {
  readonly upstreams: UpstreamTable;
  /** The requests to each upstream that was called, and the connections to its endpoints, by its key. */
  readonly traffic: () => ReadonlyMap<string, LaneTraffic>;
}

/** Sets what is only known by looking at the upstreams; called before each reading of the registry. */
export function collectUpstreams(metrics: PilotfishMetrics, { upstreams, traffic }: UpstreamMetricsSources): void {
  const all = upstreams.list();
  const trafficOf = traffic();
  metrics.upstreams.bind().set(all.length);
  for (const upstream of all) {
    const { key, inFlight, choice, clock } = upstream;
    const counts = countEndpoints(upstream);
    const { confirmedAtMs } = choice.view;
    metrics.endpoints.bind(key, 'usable').set(counts.used + counts.standby);
    metrics.endpoints.bind(key, 'ejected').set(counts.ejected);
    metrics.endpoints.bind(key, 'unhealthy').set(counts.unwell);
    metrics.endpoints.bind(key, 'failing').set(counts.failing);
    metrics.endpoints.bind(key, 'draining').set(counts.departed);
    metrics.panic.bind(key).set(choice.selection.panic ? 1 : 0);
    metrics.clientActive.bind(key).set(inFlight);
    if (confirmedAtMs !== undefined) metrics.catalogAge.bind(key).set((clock.nowMs() - confirmedAtMs) / 1000);
    const reading = trafficOf.get(key);
    if (reading !== undefined) setTraffic(metrics, key, reading);
  }
}

function setTraffic(metrics: PilotfishMetrics, key: string, reading: LaneTraffic): void {
  const { requests, active, idle, bytesRead, bytesWritten } = reading;
  metrics.serverActive.bind(key).set(requests);
  metrics.clientConnections.bind(key, 'active').set(active);
  metrics.clientConnections.bind(key, 'idle').set(idle);
  metrics.upstreamBytes.bind(key, 'received').observe(bytesRead);
  metrics.upstreamBytes.bind(key, 'sent').observe(bytesWritten);
}

/** Counts what happens in upstreams. */
export function countUpstreamEvent(metrics: PilotfishMetrics, event: UpstreamEvent, upstream: string): void {
  if (event.kind === 'view') metrics.catalogChanges.bind(upstream).add(1);
  if (event.kind === 'ejected') metrics.ejections.bind(upstream, event.reason).add(1);
}
