import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { proxy } from 'hono/proxy';
import { forwardedFields, listenPort, originUrl } from './forwarded-fields.mjs';

const app = new Hono();
app.all('/*', (context) => {
  const url = new URL(context.req.url);
  return proxy(`${originUrl}${url.pathname}${url.search}`, {
    ...context.req,
    headers: { ...context.req.header(), ...forwardedFields(context.env.incoming) },
  });
});
serve({ fetch: app.fetch, port: listenPort, hostname: '127.0.0.1' });
