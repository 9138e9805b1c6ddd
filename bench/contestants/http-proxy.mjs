import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';
import { forwardedFields, listenPort, originUrl } from './forwarded-fields.mjs';

const proxy = httpProxy.createProxyServer({ target: originUrl, agent: new Agent({ keepAlive: true }), ws: true });
proxy.on('proxyReq', (outgoing, request) => {
  const fields = forwardedFields(request);
  for (const name in fields) outgoing.setHeader(name, fields[name]);
});
proxy.on('error', (_error, _request, response) => {
  if ('writeHead' in response && !response.headersSent) response.writeHead(502).end();
  else response.destroy();
});

createServer((request, response) => proxy.web(request, response))
  .on('upgrade', (request, socket, head) => proxy.ws(request, socket, head))
  .listen(listenPort, '127.0.0.1');
