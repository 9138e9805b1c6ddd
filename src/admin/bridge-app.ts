import { Hono } from 'hono';
import type { BridgeParts } from './bridge-parts.ts';
import { browserGuard } from './browser-guard.ts';
import { bridgeLiveRoutes } from './dashboard/bridge-live.ts';
import { BRIDGE_PAGE } from './dashboard/bridge-page.ts';
import { dashboardRoutes } from './dashboard/dashboard-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { operationsRoutes } from './operations-routes.ts';
import { problem } from './problem.ts';
import { RequestFeed } from './request-feed.ts';

/** Everything that the admin port of a Marathon bridge answers. */
export function bridgeApp(parts: BridgeParts): Hono {
  const app = new Hono();
  app.use(browserGuard(parts));
  app.route('/', operationsRoutes(parts));
  app.get('/v1/marathon', (context) => context.json(parts.bridge()));
  // A bridge serves no requests of apps: `/events` tells of what it does alone.
  app.route('/', eventRoutes({ events: parts.events, requests: new RequestFeed(parts.wallMs) }));
  app.route('/', bridgeLiveRoutes(parts));
  app.route('/', dashboardRoutes(BRIDGE_PAGE));
  app.notFound((context) => problem(context, 404, 'Not found', 'docs/marathon.md lists what this port answers'));
  app.onError((error, context) => problem(context, 500, 'The bridge failed', error.message));
  return app;
}
