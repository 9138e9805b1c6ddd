import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { UpstreamSettings } from '../../../src/upstream/upstream-settings.ts';
import { ask, h2Client } from '../../support/h2-client.ts';
import { ask1 } from '../../support/http1-ask.ts';
import { startTestProxy, type TestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

/** A server on plain TCP. */
interface TcpOrigin extends AsyncDisposable {
  readonly address: string;
  readonly sockets: ReadonlySet<Socket>;
  /** Connections so far. */
  readonly count: number;
  kill(): void;
}

async function startOrigin(serve: (socket: Socket) => void): Promise<TcpOrigin> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    origin.count += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  const kill = () => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const origin = { address: '', sockets, count: 0, kill, [Symbol.asyncDispose]: async () => kill() };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return origin;
}

const echo = (socket: Socket) => socket.pipe(socket);

/** A proxy with a TCP listener for `db`; returns its port. */
async function startDb(
  addresses: readonly string[],
  settings: Partial<UpstreamSettings> = {},
): Promise<{ proxy: TestProxy; port: number }> {
  const proxy = await startTestProxy({
    upstreams: { db: addresses },
    upstreamSettings: { db: { protocol: 'tcp', ...settings } },
  });
  const upstream = () => proxy.upstreams.open({ name: 'db' });
  const bound = await proxy.proxy.listen({ host: '127.0.0.1', port: 0 }, { upstream });
  return { proxy, port: 'port' in bound ? bound.port : 0 };
}

/** Sends, half-closes, and returns all that came; rejects when the connection was reset. */
function exchange(port: number, pieces: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const got: Buffer[] = [];
    socket.on('data', (piece: Buffer) => got.push(piece));
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(got)));
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
}

describe('a connection to an upstream with protocol tcp', () => {
  it('passes bytes both ways, and each end’s half-close', async () => {
    await using origin = await startOrigin(echo);
    const { proxy, port } = await startDb([origin.address]);
    await using _ = proxy;
    expect((await exchange(port, [Buffer.from('hello')])).toString()).toBe('hello');
    const large = Buffer.alloc(8 * 1024 * 1024, 'x');
    expect((await exchange(port, [large])).equals(large)).toBe(true);
    await until('both ends to close', async () => proxy.proxy.connections === 0);
    expect(proxy.upstreams.get('db')?.inFlight).toBe(0);
  });

  it('delivers what the instance says first, and after the caller’s half-close', async () => {
    await using origin = await startOrigin((socket) => {
      socket.write('hello ');
      socket.on('end', () => socket.end('bye'));
      socket.resume();
    });
    const { proxy, port } = await startDb([origin.address]);
    await using _ = proxy;
    expect((await exchange(port, [])).toString()).toBe('hello bye');
  });

  it('goes to the instances in turn', async () => {
    await using one = await startOrigin(echo);
    await using two = await startOrigin(echo);
    await using three = await startOrigin(echo);
    const { proxy, port } = await startDb([one.address, two.address, three.address]);
    await using _ = proxy;
    for (let time = 0; time < 9; time++) await exchange(port, [Buffer.from('x')]);
    expect([one.count, two.count, three.count]).toEqual([3, 3, 3]);
  });

  it('goes to another instance when the first cannot be reached', async () => {
    await using origin = await startOrigin(echo);
    const { proxy, port } = await startDb(['127.0.0.1:1', origin.address]);
    await using _ = proxy;
    for (let time = 0; time < 6; time++) {
      expect((await exchange(port, [Buffer.from(`call ${time}`)])).toString()).toBe(`call ${time}`);
    }
    expect(origin.count).toBe(6);
  });

  it('is reset when no instance can be reached, or there is none', async () => {
    const gone = await startDb(['127.0.0.1:1']);
    await using _gone = gone.proxy;
    await expect(exchange(gone.port, [Buffer.from('x')])).rejects.toThrow('ECONNRESET');
    const none = await startDb([]);
    await using _none = none.proxy;
    await expect(exchange(none.port, [Buffer.from('x')])).rejects.toThrow('ECONNRESET');
    await until('nothing to be left', async () => gone.proxy.proxy.connections + none.proxy.proxy.connections === 0);
  });

  it('is reset when its instance dies, and the next one goes elsewhere', async () => {
    await using one = await startOrigin(echo);
    await using two = await startOrigin(echo);
    const { proxy, port } = await startDb([one.address, two.address]);
    await using _ = proxy;
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    const ends = sockets.map((socket) => new Promise((resolve) => socket.on('error', resolve)));
    await until('both to be there', async () => one.sockets.size + two.sockets.size === 2);
    const victim = one.sockets.size === 1 ? one : two;
    victim.kill();
    expect(await Promise.race(ends)).toMatchObject({ code: 'ECONNRESET' });
    for (let time = 0; time < 4; time++) {
      expect((await exchange(port, [Buffer.from('x')])).toString()).toBe('x');
    }
    for (const socket of sockets) socket.destroy();
    await until('the leases', async () => proxy.upstreams.get('db')?.inFlight === 0);
  });

  it('that the caller breaks off is broken off at the instance', async () => {
    await using origin = await startOrigin(() => undefined);
    const { proxy, port } = await startDb([origin.address]);
    await using _ = proxy;
    const socket = connect(port, '127.0.0.1');
    await until('the connection', async () => origin.sockets.size === 1);
    for (const other of origin.sockets) other.resume();
    socket.resetAndDestroy();
    await until('its end', async () => origin.sockets.size === 0, 10_000);
  });

  it('holds its lease while it is open', async () => {
    await using origin = await startOrigin(echo);
    const { proxy, port } = await startDb([origin.address]);
    await using _ = proxy;
    const socket = connect(port, '127.0.0.1');
    await until('the lease', async () => proxy.upstreams.get('db')?.inFlight === 1);
    socket.end();
    await until('its end', async () => proxy.upstreams.get('db')?.inFlight === 0);
  });

  it('that nothing moves on is reset after the idle time', async () => {
    await using origin = await startOrigin(echo);
    const timeouts = { connectMs: 1000, firstByteMs: 0, idleMs: 100, totalMs: 0 };
    const { proxy, port } = await startDb([origin.address], { timeouts });
    await using _ = proxy;
    const socket = connect(port, '127.0.0.1');
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('holds back an instance whose caller does not read', async () => {
    let written = 0;
    const piece = Buffer.alloc(64 * 1024);
    await using origin = await startOrigin((socket) => {
      const fill = () => {
        while (socket.write(piece)) written += piece.length;
      };
      socket.on('drain', fill);
      fill();
    });
    const { proxy, port } = await startDb([origin.address]);
    await using _ = proxy;
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    let before = -1;
    await until('the instance to be held back', async () => {
      const isStill = before === written;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isStill && written > 0;
    });
    expect(written).toBeLessThan(64 * 1024 * 1024);
    socket.destroy();
    await until('the end', async () => proxy.proxy.connections === 0);
  });

  it('is the only way to such an upstream: no request reaches it', async () => {
    await using origin = await startOrigin(echo);
    const { proxy } = await startDb([origin.address]);
    await using _ = proxy;
    const answer = await ask1(proxy.port, { path: '/db/FLUSHALL' });
    expect(answer.status).toBe(404);
    using client = h2Client(proxy.port);
    const refused = await ask(client, { ':path': '/db/', 'content-type': 'application/grpc' });
    expect(refused.headers.get('grpc-status')).toBe('12');
    expect(origin.count).toBe(0);
  });

  it('ends before a drain does, or is broken off by it', async () => {
    await using origin = await startOrigin(echo);
    const { proxy, port } = await startDb([origin.address]);
    await using _ = proxy;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await until('the connection', async () => origin.sockets.size === 1);
    const drained = proxy.proxy.drain(60_000);
    await expect(exchange(port, [])).rejects.toThrow('ECONNREFUSED');
    socket.end('last words');
    const [last] = await once(socket, 'data');
    expect(String(last)).toBe('last words');
    await drained;
  });
});
