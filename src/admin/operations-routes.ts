import { Hono } from 'hono';
import type { AdminLogLevel, AdminParts } from './admin-parts.ts';
import { type ProbeParts, probesOf } from './probes.ts';
import { problem } from './problem.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'];

type OperationsParts = ProbeParts & Pick<AdminParts, 'settings' | 'setLogLevel' | 'consul'>;

/** Whether the sidecar lives and can serve, its metrics, its configuration, its log level. */
export function operationsRoutes(parts: OperationsParts): Hono {
  const { settings, setLogLevel, consul } = parts;
  const app = new Hono();
  for (const [path, answer] of probesOf(parts)) {
    app.get(path, async (context) => {
      const { status, contentType, body } = await answer(context.req.header('accept'));
      return context.body(body, status, { 'content-type': contentType });
    });
  }
  if (parts.metrics === undefined)
    app.get('/metrics', (context) => problem(context, 404, 'No metrics here', 'telemetry.metrics.prometheus is false'));
  app.get('/v1/consul', (context) => context.json(consul()));
  app.get('/v1/config', (context) => context.json(settings()));
  app.post('/v1/log-level', async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    const level = typeof body === 'object' && body !== null && 'level' in body ? body.level : undefined;
    if (!isLevel(level))
      return problem(context, 400, 'Not a level', `send {"level": …} with one of ${LEVELS.join(', ')}`);
    setLogLevel(level);
    return context.json({ level });
  });
  return app;
}

function isLevel(level: unknown): level is AdminLogLevel {
  return typeof level === 'string' && LEVELS.includes(level);
}
