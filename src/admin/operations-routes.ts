import { Hono } from 'hono';
import type { AdminLogLevel, AdminParts } from './admin-parts.ts';
import { problem } from './problem.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'];

type OperationsParts = Pick<AdminParts, 'readiness' | 'metrics' | 'settings' | 'setLogLevel' | 'version' | 'consul'>;

/** Whether the sidecar lives and can serve, its metrics, its configuration, its log level. */
export function operationsRoutes(parts: OperationsParts): Hono {
  const { readiness, metrics, settings, setLogLevel, version, consul } = parts;
  const app = new Hono();
  app.get('/healthz', (context) => context.json({ status: 'alive', version }));
  app.get('/readyz', (context) => {
    const { ready, ...rest } = readiness();
    return context.json({ ready, ...rest }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    if (metrics === undefined) return problem(context, 404, 'No metrics here', 'telemetry.metrics.prometheus is false');
    const { contentType, text } = await metrics(context.req.header('accept'));
    return context.body(text, 200, { 'content-type': contentType });
  });
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
