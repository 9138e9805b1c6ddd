// What does a small unary call over HTTP/2 cost the proxy, beside HAProxy and a bare node:http2 proxy?
// One run, rounds in turn, the proxy alone on its core: node bench/grpc-calls.ts [rounds] [calls]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CommandLine, LOAD_CORE, PROXY_CORE, runPinned, startServer } from './harness/pinned-process.ts';
import { processFigures } from './harness/process-figures.ts';

const ORIGIN_PORT = 19_461;
const PROXY_PORT = 19_462;
const CONCURRENCY = 64;
/** A message of gRPC: not compressed, 4 bytes. */
const MESSAGE = Buffer.from([0, 0, 0, 0, 4, 1, 2, 3, 4]);
const HEADERS: OutgoingHttpHeaders = {
  ':method': 'POST',
  ':path': '/test.Echo/Unary',
  ':authority': 'bench.localhost',
  'content-type': 'application/grpc',
  te: 'trailers',
};
const self = fileURLToPath(import.meta.url);

function answer(stream: ServerHttp2Stream, body: Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(body);
}

function serveOrigin(port: number): void {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    let body = Buffer.alloc(0);
    stream.on('data', (piece: Buffer) => {
      body = Buffer.concat([body, piece]);
    });
    stream.on('end', () => answer(stream, body));
  });
  server.listen(port, '127.0.0.1');
}

/** The least that a proxy on node:http2 does: fields and bytes passed on, nothing looked at. */
function serveBare(port: number): void {
  const origin = connect(`http://127.0.0.1:${ORIGIN_PORT}`);
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const asked = origin.request(headers as OutgoingHttpHeaders, { endStream: false });
    let trailers: OutgoingHttpHeaders = {};
    asked.on('response', (fields) => stream.respond(fields as OutgoingHttpHeaders, { waitForTrailers: true }));
    asked.on('trailers', (fields) => {
      trailers = fields as OutgoingHttpHeaders;
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.pipe(asked);
    asked.pipe(stream);
  });
  server.listen(port, '127.0.0.1');
}

function call(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = session.request(HEADERS);
    let bytes = 0;
    let status: unknown;
    stream.on('data', (piece: Buffer) => {
      bytes += piece.length;
    });
    stream.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    stream.on('close', () => resolve(bytes === MESSAGE.length && status === '0'));
    stream.end(MESSAGE);
  });
}

/** Makes calls and prints how many went wrong. */
async function load(port: number, calls: number): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  let left = calls;
  let wrong = 0;
  const startMs = performance.now();
  const caller = async () => {
    while (left-- > 0) if (!(await call(session))) wrong += 1;
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  process.stdout.write(JSON.stringify({ wrong, ms: performance.now() - startMs }));
  session.destroy();
}

function haproxy(directory: string): CommandLine {
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 5m
  timeout server 5m
  http-reuse always
frontend caller
  bind 127.0.0.1:${PROXY_PORT} proto h2
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  default_backend origin
backend origin
  server e0 127.0.0.1:${ORIGIN_PORT} proto h2
`,
  );
  return ['haproxy', '-db', '-f', file];
}

function pilotfish(directory: string): CommandLine {
  const file = join(directory, 'pilotfish.yaml');
  writeFileSync(
    file,
    JSON.stringify({
      proxy: { listen: `127.0.0.1:${PROXY_PORT}` },
      admin: { listen: '127.0.0.1:0' },
      upstreams: { bench: { endpoints: [`127.0.0.1:${ORIGIN_PORT}`], protocol: 'http2' } },
      telemetry: { logs: { level: 'error', access: 'off' } },
    }),
  );
  return [process.execPath, fileURLToPath(new URL('../src/cli/main.ts', import.meta.url)), 'run', '-c', file];
}

async function runLoad(calls: number): Promise<{ wrong: number; ms: number }> {
  return JSON.parse(await runPinned(LOAD_CORE, [process.execPath, self, 'load', String(PROXY_PORT), String(calls)]));
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function compare(rounds: number, calls: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'grpc-calls-'));
  const origin = await startServer(LOAD_CORE, [process.execPath, self, 'origin'], ORIGIN_PORT);
  const contestants: Readonly<Record<string, CommandLine>> = {
    haproxy: haproxy(directory),
    'node:http2': [process.execPath, self, 'bare'],
    pilotfish: pilotfish(directory),
  };
  const figures = new Map<string, { micros: number[]; perSecond: number[] }>();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, command] of Object.entries(contestants)) {
        const proxy = await startServer(PROXY_CORE, command, PROXY_PORT);
        // The first calls prove it correct and warm it up.
        if ((await runLoad(Math.max(2000, calls / 4))).wrong > 0) throw new Error(`${name} answered wrongly`);
        const before = processFigures(proxy.pid);
        const { wrong, ms } = await runLoad(calls);
        const after = processFigures(proxy.pid);
        await proxy.stop();
        if (wrong > 0) throw new Error(`${name}: ${wrong} wrong answers`);
        const own = figures.get(name) ?? { micros: [], perSecond: [] };
        figures.set(name, own);
        own.micros.push(((after.userMs + after.systemMs - before.userMs - before.systemMs) * 1000) / calls);
        own.perSecond.push((calls * 1000) / ms);
      }
    }
  } finally {
    await origin.stop();
    rmSync(directory, { recursive: true });
  }
  for (const [name, { micros, perSecond }] of figures) {
    const spread = `${Math.min(...micros).toFixed(1)}–${Math.max(...micros).toFixed(1)}`;
    process.stdout.write(
      `${name}: ${median(micros).toFixed(1)} µs CPU a call (${spread}), ${median(perSecond).toFixed(0)} calls/s\n`,
    );
  }
}

const [, , role = '5', argument = '20000', count = '0'] = process.argv;
if (role === 'origin') serveOrigin(ORIGIN_PORT);
else if (role === 'bare') serveBare(PROXY_PORT);
else if (role === 'load') await load(Number(argument), Number(count));
else await compare(Number(role), Number(argument));
