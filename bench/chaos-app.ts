// The app of the fault bench, a program of its own: does what it is told at `POST /control`, and writes the id of
// every POST that it executes to a journal, so that it is known after a SIGKILL too.
// `PORT=… INSTANCE=… JOURNAL=file node bench/chaos-app.ts`
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AppBehaviour } from './chaos/app-behaviour.ts';

const { PORT = '0', INSTANCE = '', JOURNAL = '' } = process.env;
const journal = JOURNAL === '' ? undefined : openSync(JOURNAL, 'a');
let behaviour: AppBehaviour = { kind: 'answer', status: 200, workMs: 0 };
let served = 0;
let lastArrivalMs = 0;

/** One line at once: what a SIGKILL leaves is whole. */
function note(line: string): void {
  if (journal !== undefined) writeSync(journal, `${line}\n`);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  switch (behaviour.kind) {
    case 'hang':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'break':
      response.writeHead(200, { 'Content-Length': 1000, 'X-Instance': INSTANCE });
      response.write('a part of the answer', () => request.socket.resetAndDestroy());
      return;
    case 'answer':
      response.writeHead(behaviour.status, {
        'X-Instance': INSTANCE,
        'X-Only-Of': INSTANCE,
        'Content-Length': INSTANCE.length,
      });
      response.end(INSTANCE);
  }
}

/** Takes a request in; it counts as executed once its body has come. */
function take(request: IncomingMessage, response: ServerResponse): void {
  served += 1;
  lastArrivalMs = Date.now();
  const id = request.method === 'POST' ? String(request.headers['x-request-id'] ?? '') : '';
  request.resume();
  request.once('end', () => {
    if (id !== '') note(id);
    if (behaviour.kind === 'answer' && behaviour.workMs > 0) setTimeout(answer, behaviour.workMs, request, response);
    else answer(request, response);
  });
}

function control(request: IncomingMessage, response: ServerResponse): void {
  let text = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  request.once('end', () => {
    if (text !== '') behaviour = JSON.parse(text);
    response.end(JSON.stringify({ served, lastArrivalMs, pid: process.pid }));
  });
}

const server = createServer((request, response) => {
  if (request.url === '/health') response.end('well');
  else if (request.url === '/control') control(request, response);
  else take(request, response);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});

process.once('SIGTERM', () => {
  process.stdout.write('the app was told to stop\n');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
// Nobody is left who could want it.
process.once('disconnect', () => process.exit(0));
