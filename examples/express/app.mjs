import { once } from 'node:events';
import express from 'express';
import { ConsulClient, consulEnvironment, register } from 'pilotfish';
import { relay, serviceErrors, services } from './services.mjs';

const { SERVICE_NAME = 'shop', SERVICE_ADDRESS = 'auto', PORT = '0' } = process.env;

await using consul = new ConsulClient(consulEnvironment(process.env));
const app = express();
app.use(services(consul));
app.get('/health', (_req, res) => res.send('well'));
app.get('/whoami', (_req, res) => res.json({ service: SERVICE_NAME, pid: process.pid }));
app.get('/ask/:service/*path', async (req, res) => {
  const { service } = req.params;
  relay(await req.call(service, req.originalUrl.slice(`/ask/${service}`.length)), res);
});
app.use(serviceErrors);

const server = app.listen(Number(PORT), '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
await using registration = await register({ consul, name: SERVICE_NAME, port, address: SERVICE_ADDRESS });
console.log(`${SERVICE_NAME} on http://127.0.0.1:${port}, ${registration.status().state}`);

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
await registration.deregister();
server.close();
