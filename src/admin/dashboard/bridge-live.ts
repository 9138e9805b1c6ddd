import { Hono } from 'hono';
import type { BridgeAppJson, BridgeParts } from '../bridge-parts.ts';
import type { BridgeState } from './bridge-state.ts';
import { ChangedRows } from './changed-rows.ts';
import { EventBacklog } from './event-backlog.ts';
import type { ConsulFacts } from './live-state.ts';
import { type LiveViewer, LiveViewers } from './live-viewers.ts';

type LiveParts = Pick<BridgeParts, 'bridge' | 'readiness' | 'consul' | 'events' | 'version' | 'wallMs'>;

/** `/live`: what the bridge's page shows, as server-sent events, once a second. */
export function bridgeLiveRoutes(parts: LiveParts): Hono {
  const app = new Hono();
  const viewers = new LiveViewers();
  app.get('/live', (context) => viewers.serve(context, () => new BridgeViewer(parts)));
  return app;
}

class BridgeViewer implements LiveViewer {
  readonly #parts: LiveParts;
  readonly #apps = new ChangedRows<BridgeAppJson>(({ id }) => id);
  readonly #events: EventBacklog;
  #isFirst = true;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#events = new EventBacklog(parts.events);
  }

  async next(): Promise<BridgeState> {
    const { readiness, consul, version, wallMs } = this.#parts;
    const isWhole = this.#isFirst;
    this.#isFirst = false;
    const { apps, ...bridge } = this.#parts.bridge();
    const counts = { kept: 0, differs: 0, failed: 0, clash: 0 };
    for (const { state } of apps) counts[state] += 1;
    return {
      at: wallMs(),
      isWhole,
      version,
      readiness: readiness(),
      consul: consul() as ConsulFacts,
      bridge,
      counts,
      services: apps.reduce((sum, { registered }) => sum + registered, 0),
      apps: this.#apps.next(apps),
      events: this.#events.take(),
    };
  }

  close(): void {
    this.#events.close();
  }
}
