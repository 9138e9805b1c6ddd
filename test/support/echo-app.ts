import { createServer } from 'node:http';

/** The app of the sidecar's tests, a program of its own: says who it is and which path it was asked for. */
const { PORT = '0', INSTANCE = '', PILOTFISH_URL = '', EXIT_CODE = '0' } = process.env;

const server = createServer((request, response) => {
  if (request.url === '/health') response.end('well');
  else if (request.url === '/pid') response.end(JSON.stringify({ pid: process.pid }));
  else if (request.url === '/exit') response.end('bye', () => process.exit(7));
  else response.end(JSON.stringify({ instance: INSTANCE, path: request.url, pilotfishUrl: PILOTFISH_URL }));
});
server.listen(Number(PORT), '127.0.0.1');

process.once('SIGTERM', () => {
  process.stdout.write('the app was told to stop\n');
  server.close(() => process.exit(Number(EXIT_CODE)));
  server.closeIdleConnections();
});

// A sidecar that is killed cannot take its app along: the app of a test ends by itself then.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 250).unref();
