import { Hono } from 'hono';
import type { AdminParts, MaintenanceOrder } from './admin-parts.ts';
import { problem } from './problem.ts';

const NO_SERVICE = 'this sidecar registers no app: service is not configured';
const MAX_REASON_LENGTH = 256;

/** The own service: where it stands in the catalog, and the ways to take it out. */
export function registrationRoutes({ presence, drain }: Pick<AdminParts, 'presence' | 'drain'>): Hono {
  const app = new Hono();
  app.get('/v1/registration', (context) =>
    presence === undefined ? problem(context, 404, 'No registration', NO_SERVICE) : context.json(presence.status()),
  );
  app.post('/v1/drain', async (context) => {
    const done = drain();
    if (context.req.query('wait') === undefined) {
      // Told to whoever asks next, and in the log.
      done.catch(() => undefined);
      return context.json({ draining: true }, 202);
    }
    await done;
    return context.json({ drained: true });
  });
  app.post('/v1/maintenance', async (context) => {
    if (presence === undefined) return problem(context, 404, 'No registration', NO_SERVICE);
    const order = orderOf(await context.req.json().catch(() => undefined));
    if (order === undefined) {
      return problem(
        context,
        400,
        'Not an order',
        'send {"enable": true, "reason": "…", "forSeconds": 600}; only enable is needed',
      );
    }
    try {
      await presence.setMaintenance(order);
    } catch (error) {
      return problem(
        context,
        503,
        'Consul could not be told yet',
        error instanceof Error ? error.message : String(error),
      );
    }
    return context.json(presence.status());
  });
  return app;
}

function orderOf(body: unknown): MaintenanceOrder | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { enable, reason = '', forSeconds } = body as { enable?: unknown; reason?: unknown; forSeconds?: unknown };
  if (typeof enable !== 'boolean' || typeof reason !== 'string' || reason.length > MAX_REASON_LENGTH) return undefined;
  if (forSeconds === undefined) return { enable, reason, forMs: undefined };
  if (typeof forSeconds !== 'number' || !(forSeconds > 0)) return undefined;
  return { enable, reason, forMs: forSeconds * 1000 };
}
