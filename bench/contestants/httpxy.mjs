import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'httpxy';
import { forwardedFields, listenPort, originUrl } from './forwarded-fields.mjs';

const proxy = createProxyServer({ target: originUrl, agent: new Agent({ keepAlive: true }), ws: true });
proxy.on('proxyReq', (outgoing, request) => {
  const fields = forwardedFields(request);
  for (const name in fields) outgoing.setHeader(name, fields[name]);
});

createServer((request, response) => {
  proxy.web(request, response).catch(() => response.writeHead(502).end());
})
  .on('upgrade', (request, socket, head) => {
    proxy.ws(request, socket, {}, head).catch(() => socket.destroy());
  })
  .listen(listenPort, '127.0.0.1');
