// The floor for a proxy out of Node's own parts: node:http in front, undici's dispatch (its cheapest call) behind.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { forwardedFields, listenPort, originUrl } from './forwarded-fields.mjs';

const pool = new Pool(originUrl, { connections: 512, pipelining: 1 });
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

createServer((request, response) => {
  const headers = {};
  for (const name in request.headers) if (!hopByHop.has(name)) headers[name] = request.headers[name];
  Object.assign(headers, forwardedFields(request));
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  pool.dispatch(
    { path: request.url, method: request.method, headers, body: hasBody ? request : null },
    {
      onRequestStart(controller) {
        response.on('close', () => {
          if (!response.writableFinished) controller.abort(new Error('the caller went away'));
        });
      },
      onResponseStart(controller, status, fields) {
        const kept = {};
        for (const name in fields) if (!hopByHop.has(name)) kept[name] = fields[name];
        response.writeHead(status, kept);
        response.on('drain', () => controller.resume());
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      },
    },
  );
}).listen(listenPort, '127.0.0.1');
