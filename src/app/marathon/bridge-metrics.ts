import type { BridgeJson } from '../../admin/bridge-parts.ts';
import type { BridgeEvent, SyncScope } from '../../marathon/bridge-observer.ts';
import type { PilotfishMetrics } from '../../telemetry/pilotfish-metrics.ts';

/** Counts what the bridge does. Every label value is from a list of ours. */
export function countBridgeEvent(metrics: PilotfishMetrics, event: BridgeEvent): void {
  switch (event.kind) {
    case 'sync_ended': {
      const scope = scopeOf(event.scope);
      const isPartly = event.apps.some(({ failures }) => failures.length > 0);
      metrics.marathonSyncs.bind(scope, isPartly ? 'partly' : 'done').add(1);
      metrics.marathonSyncDuration.bind(scope).record(event.durationMs / 1000);
      break;
    }
    case 'sync_failed':
      metrics.marathonSyncs.bind(scopeOf(event.scope), 'failed').add(1);
      break;
    case 'registered':
    case 'deregistered':
    case 'label_put':
    case 'label_deleted':
      metrics.marathonChanges.bind(event.kind).add(1);
      break;
    case 'app_failed':
      for (const { doing } of event.failures) metrics.marathonFailures.bind(doing).add(1);
      break;
    case 'fallback_used':
      metrics.marathonFallbacks.bind(event.doing).add(1);
      break;
  }
}

/**
 * Sets what is only known by looking; called before each reading of the registry.
 * @param syncAgeMs time since everything was last compared; undefined: never
 */
export function collectBridge(metrics: PilotfishMetrics, bridge: BridgeJson, syncAgeMs: number | undefined): void {
  const { role, apps, events, marathon, purge, unreadableAgents } = bridge;
  metrics.marathonLeader.bind().set(role === 'leading' ? 1 : 0);
  if (marathon.isReachable !== undefined) metrics.marathonReachable.bind().set(marathon.isReachable ? 1 : 0);
  if (events.stream !== undefined) metrics.marathonStream.bind().set(events.stream.isConnected ? 1 : 0);
  metrics.marathonServices.bind().set(apps.reduce((sum, { registered }) => sum + registered, 0));
  const counts = { kept: 0, differs: 0, failed: 0, clash: 0 };
  for (const { state } of apps) counts[state] += 1;
  for (const [state, count] of Object.entries(counts)) metrics.marathonApps.bind(state).set(count);
  if (syncAgeMs !== undefined) metrics.marathonSyncAge.bind().set(syncAgeMs / 1000);
  metrics.marathonPurgeRefused.bind().set(purge.refused === undefined ? 0 : 1);
  metrics.marathonAgentsAway.bind().set(unreadableAgents.length);
}

function scopeOf(scope: SyncScope): 'all' | 'apps' {
  return scope === 'all' ? 'all' : 'apps';
}
