import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as GrpcServer, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { grpcProbe } from '../../../src/dev-agent/checks/grpc-probe.ts';
import { httpProbe } from '../../../src/dev-agent/checks/http-probe.ts';
import { tcpProbe } from '../../../src/dev-agent/checks/tcp-probe.ts';
import { freePorts } from '../../support/free-port.ts';

const never = new AbortController().signal;
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  if (server !== undefined) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

async function app(
  answer: (path: string) => { status: number; headers?: Record<string, string>; body?: string } | undefined,
): Promise<string> {
  server = createServer((request, response) => {
    const reply = answer(request.url ?? '');
    if (reply === undefined) return;
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const http = (url: string, maxOutputBytes = 4096) =>
  httpProbe({ url, method: '', headers: new Map(), body: '', skipTlsVerify: false, maxOutputBytes });

describe('an HTTP check', () => {
  it('passes on 2xx, warns on 429, is critical on the rest', async () => {
    const address = await app((path) => ({ status: Number(path.slice(1)), body: 'words' }));
    expect(await http(`http://${address}/204`)(never)).toMatchObject({ status: 'passing' });
    expect(await http(`http://${address}/200`)(never)).toEqual({
      status: 'passing',
      output: `HTTP GET http://${address}/200: 200 OK Output: words`,
    });
    expect(await http(`http://${address}/429`)(never)).toMatchObject({ status: 'warning' });
    expect(await http(`http://${address}/503`)(never)).toMatchObject({ status: 'critical' });
    expect(await http(`http://${address}/404`)(never)).toMatchObject({ status: 'critical' });
  });

  it('follows redirects, and gives up on a loop', async () => {
    const address = await app((path) =>
      path === '/from'
        ? { status: 302, headers: { Location: '/to' } }
        : path === '/to'
          ? { status: 200 }
          : { status: 302, headers: { Location: '/loop' } },
    );
    expect(await http(`http://${address}/from`)(never)).toMatchObject({ status: 'passing' });
    expect(await http(`http://${address}/loop`)(never)).toMatchObject({ status: 'critical' });
  });

  it('keeps only so much of the answer', async () => {
    const address = await app(() => ({ status: 200, body: 'x'.repeat(100_000) }));
    const { output } = await http(`http://${address}/`, 10)(never);
    expect(output.endsWith('Output: xxxxxxxxxx')).toBe(true);
  });

  it('is critical when nobody listens, or nobody answers in time', async () => {
    const [port = 0] = await freePorts(1);
    expect(await http(`http://127.0.0.1:${port}/`)(never)).toEqual({
      status: 'critical',
      output: `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
    const address = await app(() => undefined);
    const late = new AbortController();
    server?.once('request', () => late.abort());
    expect((await http(`http://${address}/`)(late.signal)).output).toContain('context deadline exceeded');
  });
});

describe('a TCP check', () => {
  it('passes where something listens', async () => {
    const address = await app(() => ({ status: 200 }));
    expect(await tcpProbe(address)(never)).toEqual({ status: 'passing', output: `TCP connect ${address}: Success` });
    const [port = 0] = await freePorts(1);
    expect(await tcpProbe(`127.0.0.1:${port}`)(never)).toMatchObject({ status: 'critical' });
    expect(await tcpProbe('no port')(never)).toMatchObject({ status: 'critical' });
  });
});

describe('a gRPC check', () => {
  it('passes on SERVING only, of the whole server or of one service', async () => {
    const grpc = new GrpcServer();
    const raw = {
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    grpc.addService(
      { Check: { path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false, ...raw } },
      {
        Check: (call: { request: Buffer }, done: (error: object | null, answer?: Buffer) => void) => {
          const name = call.request.subarray(2).toString();
          if (name === 'unknown') return done({ code: status.NOT_FOUND, details: 'unknown service' });
          done(null, Buffer.from([0x08, name === 'down' ? 2 : 1]));
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const probe = (service: string) =>
      grpcProbe({ target: `127.0.0.1:${port}${service}`, tls: false, skipTlsVerify: false })(never);
    try {
      expect(await probe('')).toMatchObject({ status: 'passing' });
      expect(await probe('/up')).toMatchObject({ status: 'passing' });
      expect(await probe('/down')).toMatchObject({ status: 'critical' });
      expect(await probe('/unknown')).toMatchObject({ status: 'critical' });
    } finally {
      grpc.forceShutdown();
    }
    expect(await probe('')).toMatchObject({ status: 'critical' });
  });
});

function same(bytes: Buffer): Buffer {
  return bytes;
}
