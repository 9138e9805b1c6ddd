import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { ConsulClient, consulEnvironment, register } from 'pilotfish';
import { serviceErrors, services } from './services.mjs';

const { SERVICE_NAME = 'shop', SERVICE_ADDRESS = 'auto', PORT = '0' } = process.env;

await using consul = new ConsulClient(consulEnvironment(process.env));
const app = new Hono();
app.use(services(consul));
app.onError(serviceErrors);
app.get('/health', (c) => c.text('well'));
app.get('/whoami', (c) => c.json({ service: SERVICE_NAME, pid: process.pid }));
app.get('/ask/:service/*', (c) => {
  const service = c.req.param('service');
  return c.var.call(service, c.req.path.slice(`/ask/${service}`.length));
});

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) });
await once(server, 'listening');
const { port } = server.address();
await using registration = await register({ consul, name: SERVICE_NAME, port, address: SERVICE_ADDRESS });
console.log(`${SERVICE_NAME} on http://127.0.0.1:${port}, ${registration.status().state}`);

// The end of this module takes the app out of the catalog; then what is under way is answered.
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
await registration.deregister();
server.close();
