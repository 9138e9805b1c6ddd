// The example app of the demo: answers with its own name, and is well. A program of its own, started by a sidecar.
import { createServer } from 'node:http';

const name = process.env['DEMO_INSTANCE'] ?? 'hello';
const server = createServer((request, response) => {
  if (request.url === '/health') return void response.end('well\n');
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ instance: name, pid: process.pid, path: request.url })}\n`);
});
server.listen(Number(process.env['PORT']), '127.0.0.1');

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
