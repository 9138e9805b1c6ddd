import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { forwardedFields, listenPort, originUrl } from './forwarded-fields.mjs';

const server = fastify({ logger: false, bodyLimit: 4 * 1024 ** 3 });
server.register(httpProxy, {
  upstream: originUrl,
  websocket: true,
  undici: { connections: 512, pipelining: 1 },
  replyOptions: {
    rewriteRequestHeaders: (request, headers) => Object.assign(headers, forwardedFields(request.raw)),
  },
});
await server.listen({ port: listenPort, host: '127.0.0.1' });
