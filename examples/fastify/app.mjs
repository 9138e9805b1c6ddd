import { once } from 'node:events';
import { Readable } from 'node:stream';
import fastify from 'fastify';
import { ConsulClient, consulEnvironment, register } from 'pilotfish';
import { services } from './services.mjs';

const { SERVICE_NAME = 'shop', SERVICE_ADDRESS = 'auto', PORT = '0' } = process.env;

await using consul = new ConsulClient(consulEnvironment(process.env));
const app = fastify();
app.register(services, { consul });
app.get('/health', () => 'well');
app.get('/whoami', () => ({ service: SERVICE_NAME, pid: process.pid }));
app.get('/ask/:service/*', async (request, reply) => {
  const { service } = request.params;
  const answer = await app.call(service, request.url.slice(`/ask/${service}`.length));
  reply.code(answer.status).type(answer.headers.get('content-type') ?? 'application/octet-stream');
  return answer.body === null ? '' : Readable.fromWeb(answer.body);
});

await app.listen({ host: '127.0.0.1', port: Number(PORT) });
const { port } = app.server.address();
await using registration = await register({ consul, name: SERVICE_NAME, port, address: SERVICE_ADDRESS });
console.log(`${SERVICE_NAME} on http://127.0.0.1:${port}, ${registration.status().state}`);

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
await registration.deregister();
await app.close();
