import { Hono } from 'hono';
import type { AdminParts } from './admin-parts.ts';
import { browserGuard } from './browser-guard.ts';
import { dashboardRoutes } from './dashboard/dashboard-routes.ts';
import { liveRoutes } from './dashboard/live-stream.ts';
import { eventRoutes } from './event-routes.ts';
import { kvRoutes } from './kv-routes.ts';
import { operationsRoutes } from './operations-routes.ts';
import { problem } from './problem.ts';
import { registrationRoutes } from './registration-routes.ts';
import { upstreamRoutes } from './upstream-routes.ts';

/** Everything that the admin port answers. */
export function adminApp(parts: AdminParts): Hono {
  const app = new Hono();
  app.use(browserGuard(parts));
  for (const path of ['/v1/upstreams/*', '/v1/explain/*']) {
    app.get(path, async (_context, next) => {
      await parts.refresh();
      await next();
    });
  }
  app.route('/', operationsRoutes(parts));
  app.route('/', upstreamRoutes(parts));
  app.route('/', registrationRoutes(parts));
  if (parts.kv !== undefined) app.route('/', kvRoutes(parts.kv));
  app.route('/', eventRoutes(parts));
  app.route('/', liveRoutes(parts));
  app.route('/', dashboardRoutes());
  app.notFound((context) => problem(context, 404, 'Not found', 'docs/admin-api.md lists what this port answers'));
  app.onError((error, context) => problem(context, 500, 'The sidecar failed', error.message));
  return app;
}
