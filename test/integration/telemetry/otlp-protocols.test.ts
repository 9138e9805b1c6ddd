import { createServer } from 'node:http';
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { startOtlpExport } from '../../../src/telemetry/otlp-export.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { SampledTrace } from '../../../src/telemetry/sampled-trace.ts';
import { TraceDecider } from '../../../src/telemetry/trace-decision.ts';

/** What a collector was sent. */
interface Received {
  readonly path: string;
  readonly contentType: string;
  readonly body: Buffer;
}

const servers: Server[] = [];
const names = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_BSP_SCHEDULE_DELAY'] as const;

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const name of names) delete process.env[name];
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function overHttp(got: Received[]): Server {
  return createServer(async (request, response) => {
    const body = await buffer(request);
    got.push({ path: request.url ?? '', contentType: request.headers['content-type'] ?? '', body });
    response.end('{}');
  });
}

/** A unary gRPC method that answers with an empty message. */
function overGrpc(got: Received[]): Server {
  return createHttp2Server().on('stream', async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const body = await buffer(stream);
    got.push({ path: headers[':path'] ?? '', contentType: headers['content-type'] ?? '', body: body.subarray(5) });
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5));
  });
}

/** Sends the two spans of a request by `protocol`; returns what the collector got, and how many spans counted as exported. */
async function send(protocol: string, collector: (got: Received[]) => Server): Promise<[Received[], number]> {
  const got: Received[] = [];
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = await listen(collector(got));
  process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] = protocol;
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '20';
  const registry = new Registry();
  const metrics = pilotfishMetrics(registry);
  const problems: string[] = [];
  const otlp = await startOtlpExport({
    signals: { traces: true, metrics: false },
    ...{ registry, metrics, version: '1.2.3', clock: systemClock, env: process.env },
    resource: new Map([['service.name', 'caller']]),
    onProblem: (message) => problems.push(message),
  });
  const decider = new TraceDecider({ random: systemRandom, clock: systemClock, sink: otlp.sink, ratio: 1 });
  const request = decider.decide(undefined, undefined);
  if (!(request instanceof SampledTrace)) throw new Error('not sampled');
  const target = { method: 'GET', upstream: 'orders', endpointId: 'orders-1', host: '10.0.0.1', port: 8000 };
  request.startAttempt(target).end({ status: 200 });
  request.end({
    ...{ method: 'GET', upstream: 'orders', path: '/api/42', scheme: 'http', status: 200, errorType: undefined },
    ...{ clientAddress: '127.0.0.1', protocolVersion: '1.1' },
  });
  await otlp.close(5000);
  expect(problems).toEqual([]);
  return [got, metrics.spans.bind('exported').value];
}

test('spans go out as JSON when the environment says so', async () => {
  const [got, exported] = await send('http/json', overHttp);
  expect(got).toHaveLength(1);
  expect(got[0]).toMatchObject({ path: '/v1/traces', contentType: 'application/json' });
  const { resourceSpans } = JSON.parse(String(got[0]?.body));
  const [attempt, request] = resourceSpans[0].scopeSpans[0].spans;
  expect(request).toMatchObject({ name: 'GET /orders/*', kind: 2 });
  expect(attempt).toMatchObject({ name: 'GET', kind: 3, parentSpanId: request.spanId, traceId: request.traceId });
  expect(attempt.attributes).toContainEqual({ key: 'server.port', value: { intValue: 8000 } });
  expect(BigInt(attempt.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(attempt.startTimeUnixNano));
  expect(exported).toBe(2);
});

test('spans go out by gRPC when the environment says so', async () => {
  const [got, exported] = await send('grpc', overGrpc);
  expect(got).toHaveLength(1);
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  expect(got[0]).toMatchObject({ path, contentType: 'application/grpc' });
  const text = got[0]?.body.toString('latin1') ?? '';
  for (const said of ['GET /orders/*', 'url.path', '/api/42', 'pilotfish.endpoint.id', 'orders-1', 'caller'])
    expect(text).toContain(said);
  expect(exported).toBe(2);
});
