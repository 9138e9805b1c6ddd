import type { EventFeed } from '../admin/event-feed.ts';
import { systemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import { UpstreamTable } from '../upstream/upstream-table.ts';
import type { Config } from './config.ts';
import { pinnedUpstreams, upstreamSettings } from './configured-upstream.ts';
import type { DataPlane } from './data-plane.ts';
import type { EventHub } from './event-hub.ts';
import { OwnDataPlane } from './own-data-plane.ts';
import type { Standing } from './standing.ts';
import type { TelemetryParts } from './telemetry-parts.ts';
import type { WorkerCatalog } from './workers/watch-service.ts';
import { WorkerDataPlane, type WorkerProgram } from './workers/worker-data-plane.ts';

/** What {@link makeDataPlane} is to put together. */
export interface DataPlaneOptions {
  readonly config: Config;
  readonly catalog: WorkerCatalog;
  /** What workers run, if there are to be several. */
  readonly worker: WorkerProgram;
  readonly telemetry: TelemetryParts;
  readonly logger: Logger;
  readonly feed: EventFeed;
  readonly standing: Standing;
  readonly hub: EventHub;
}

/**
 * The upstreams, and who serves the ports that lead to them: this process, or as many workers as `proxy.workers` says.
 * Both are the caller's to close, the upstreams last.
 */
export function makeDataPlane(options: DataPlaneOptions): {
  readonly upstreams: UpstreamTable;
  readonly plane: DataPlane;
} {
  const { config, catalog, telemetry, hub } = options;
  const hasWorkers = config.proxy.workers > 1;
  const upstreams = new UpstreamTable({
    source: catalog.source,
    plans: catalog.plans,
    settingsFor: (name) => upstreamSettings(config, name),
    pinned: pinnedUpstreams(config),
    clock: systemClock,
    random: systemRandom,
    observer: (event, upstream) => {
      if (!hasWorkers || isOfCatalog(event)) hub.upstream(event, upstream);
    },
    onClosed: ({ key }) => {
      telemetry.registry.forget('upstream', key);
      hub.forget(key);
    },
  });
  const parts = { ...options, upstreams };
  return { upstreams, plane: hasWorkers ? new WorkerDataPlane(parts) : new OwnDataPlane(parts) };
}

/** Of the primary's upstreams, which have no traffic, only this is true; the rest is the workers' to tell. */
function isOfCatalog({ kind }: UpstreamEvent): boolean {
  return kind === 'view' || kind === 'watch-failed';
}
