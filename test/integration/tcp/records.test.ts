import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ConnectionRecord } from '../../../src/proxy/recorder.ts';
import { freePorts } from '../../support/free-port.ts';
import { startTestProxy, type TestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

let server: Server;
let origin: Socket[];
let address: string;
let proxy: TestProxy;

beforeEach(async () => {
  origin = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    origin.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await proxy.close();
  for (const socket of origin) socket.destroy();
  server.close();
});

/** A connection to the upstream `db` at these addresses. */
async function connected(addresses: readonly string[], settings: object = {}): Promise<Socket> {
  proxy = await startTestProxy({
    upstreams: { db: addresses },
    upstreamSettings: { db: { protocol: 'tcp', policy: 'round-robin', ...settings } },
  });
  const upstream = () => proxy.upstreams.open({ name: 'db' });
  const bound = await proxy.proxy.listen({ host: '127.0.0.1', port: 0 }, { upstream });
  const socket = connect({ port: 'port' in bound ? bound.port : 0, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined).resume();
  return socket;
}

async function recorded(): Promise<ConnectionRecord> {
  return await until('the record', async () => proxy.tcp[0]);
}

it('a connection that ended in order is recorded with its instance, bytes and time', async () => {
  const socket = await connected([address]);
  socket.write('four');
  await until('it is open', async () => origin.length === 1);
  expect(proxy.proxy.traffic().get('db')).toMatchObject({ active: 1, idle: 0 });
  socket.end('five!');
  const { endpoint, error, attempts, bytesIn, bytesOut, durationMs, remoteAddress } = await recorded();
  expect([endpoint?.id, error, attempts, bytesIn, bytesOut]).toEqual([address, undefined, 1, 9, 9]);
  expect(remoteAddress).toContain('127.0.0.1');
  expect(durationMs).toBeGreaterThan(0);
  expect(proxy.proxy.traffic().get('db')).toEqual({ requests: 0, active: 0, idle: 0, bytesRead: 9, bytesWritten: 9 });
});

it('one whose caller breaks off is cancelled, and one whose instance does is truncated', async () => {
  const socket = await connected([address]);
  socket.write('x');
  await until('it is open', async () => origin.length === 1);
  socket.resetAndDestroy();
  expect((await recorded()).error).toBe('cancelled');
  await proxy.close();

  const other = await connected([address]);
  other.write('x');
  await until('it is open', async () => origin.length === 2);
  origin[1]?.resetAndDestroy();
  expect((await recorded()).error).toBe('answer_truncated');
});

it('one on which nothing moves is stalled', async () => {
  const timeouts = { connectMs: 1000, firstByteMs: 0, idleMs: 50, totalMs: 0 };
  await connected([address], { timeouts });
  expect((await recorded()).error).toBe('answer_stalled');
});

it('one that reaches nobody says why, and how many were tried', async () => {
  const [closed = 0, alsoClosed = 0] = await freePorts(2);
  await connected([`127.0.0.1:${closed}`, `127.0.0.1:${alsoClosed}`]);
  expect(await recorded()).toMatchObject({ error: 'connect_failed', attempts: 2, bytesIn: 0, bytesOut: 0 });
  await proxy.close();
  await connected([]);
  expect(await recorded()).toMatchObject({ error: 'no_instance', attempts: 0, endpoint: undefined });
});
