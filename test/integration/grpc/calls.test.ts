import { status as code, Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { chat, collect, repeat, unary } from '../../support/grpc-calls.ts';
import { echoClient, type GrpcServer, startGrpcServer } from '../../support/grpc-service.ts';
import { ask, h2Client } from '../../support/h2-client.ts';
import { startH2Origin } from '../../support/h2-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const hello = Buffer.from('hello');
const MIB = Buffer.alloc(1024 * 1024, 'x');

describe('a call of gRPC', () => {
  it('names its service by authority, as Consul has it, or by the first part of its path', async () => {
    await using server = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
    using byHost = echoClient(proxy.port, 'orders.localhost');
    using byConsulName = echoClient(proxy.port, 'orders.service.consul');
    using byPath = echoClient(proxy.port, '', '/orders');
    for (const client of [byHost, byConsulName, byPath]) expect(await unary(client, hello)).toEqual(hello);
    expect(server.calls).toBe(3);
    expect(proxy.events.map(({ path }) => path)).toEqual([
      '/test.Echo/Unary',
      '/test.Echo/Unary',
      '/orders/test.Echo/Unary',
    ]);
  });

  it('streams from the client, to the client, and both ways', async () => {
    await using server = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    const requests = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    expect((await collect(client, requests)).toString()).toBe('abc');
    expect((await repeat(client, hello).toArray()).map(String)).toEqual(['hello', 'hello', 'hello']);
    const call = chat(client);
    const answers = call[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (const text of ['one', 'two', 'three']) {
      call.write(Buffer.from(text));
      expect(String((await answers.next()).value)).toBe(text);
    }
    call.end();
    expect((await answers.next()).done).toBe(true);
  });

  it('carries large messages both ways', async () => {
    await using server = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    const answers = await Promise.all(Array.from({ length: 10 }, () => unary(client, MIB)));
    expect(answers.every((answer) => answer.equals(MIB))).toBe(true);
  });

  it('carries metadata, binary too, in both directions and in trailers, and the server’s errors', async () => {
    let seen: Metadata | undefined;
    await using server = await startGrpcServer({
      Unary: (call, done) => {
        seen = call.metadata;
        const first = new Metadata();
        first.add('x-first', '1');
        call.sendMetadata(first);
        const trailer = new Metadata();
        trailer.add('x-last-bin', Buffer.from([0, 255, 10, 13]));
        done({ code: code.FAILED_PRECONDITION, details: 'not now: 100 % ☂', metadata: trailer });
      },
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    const failed = unary(client, hello, { metadata: { 'x-a': 'b' } });
    await expect(failed).rejects.toMatchObject({ code: code.FAILED_PRECONDITION, details: 'not now: 100 % ☂' });
    const error = (await failed.catch((reason: unknown) => reason)) as { metadata: Metadata };
    expect(error.metadata.get('x-last-bin')).toEqual([Buffer.from([0, 255, 10, 13])]);
    expect(seen?.get('x-a')).toEqual(['b']);
    expect(seen?.get('via')).toEqual(['2.0 pilotfish-test']);
    expect(seen?.get('x-forwarded-proto')).toEqual(['http']);
    expect(seen?.get('x-forwarded-for')).toEqual(['127.0.0.1']);
  });

  it('is balanced by itself: three servers get their even share of one client’s calls', async () => {
    const servers: GrpcServer[] = [];
    for (let index = 0; index < 3; index++) servers.push(await startGrpcServer({}));
    await using proxy = await startTestProxy({ upstreams: { orders: servers.map(({ address }) => address) } });
    using client = echoClient(proxy.port, 'orders.localhost');
    await Promise.all(Array.from({ length: 300 }, () => unary(client, hello)));
    expect(servers.map(({ calls }) => calls)).toEqual([100, 100, 100]);
    expect(proxy.proxy.connections).toBe(1);
    for (const server of servers) server.kill();
  });
});

describe('the deadline of a call', () => {
  it('is passed on, less the time that has gone', async () => {
    let left: string | undefined;
    await using server = await startGrpcServer({
      Unary: (call) => {
        left = String(call.getDeadline().valueOf() - Date.now());
      },
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    const call = unary(client, hello, { options: { deadline: Date.now() + 400 } });
    await expect(call).rejects.toMatchObject({ code: code.DEADLINE_EXCEEDED });
    expect(Number(left)).toBeGreaterThan(0);
    expect(Number(left)).toBeLessThanOrEqual(400);
  });

  it('is enforced when neither the server nor the client does it', async () => {
    await using origin = await startH2Origin(() => undefined);
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const answer = await ask(
      client,
      {
        ':method': 'POST',
        ':path': '/orders/test.Echo/Unary',
        'content-type': 'application/grpc',
        'grpc-timeout': '200m',
      },
      Buffer.alloc(5),
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('grpc-status')).toBe('4');
    expect(answer.headers.get('content-type')).toBe('application/grpc');
    expect(Number(/^(\d+)m$/.exec(String(origin.requests[0]?.['grpc-timeout']))?.[1])).toBeLessThanOrEqual(200);
    expect(proxy.events[0]?.error).toBe('total_timeout');
    expect(proxy.upstreams.get('orders')?.inFlight).toBe(0);
  });

  it('when it is the upstream’s own, gives DEADLINE_EXCEEDED before any message and after some', async () => {
    await using server = await startGrpcServer({ Unary: () => undefined, Repeat: (call) => call.write(call.request) });
    const timeouts = { connectMs: 1000, firstByteMs: 0, idleMs: 0, totalMs: 200 };
    await using proxy = await startTestProxy({
      upstreams: { orders: [server.address] },
      upstreamSettings: { orders: { timeouts } },
    });
    using client = echoClient(proxy.port, 'orders.localhost');
    await expect(unary(client, hello)).rejects.toMatchObject({ code: code.DEADLINE_EXCEEDED });
    const got: string[] = [];
    const call = repeat(client, hello);
    call.on('data', (piece: Buffer) => got.push(String(piece)));
    const error = await new Promise((resolve) => call.on('error', resolve));
    expect(error).toMatchObject({ code: code.DEADLINE_EXCEEDED });
    expect(got).toEqual(['hello']);
  });
});

describe('a call that its client cancels', () => {
  it('is cancelled at the server, and its lease is given back as cancelled', async () => {
    let cancelled = false;
    await using server = await startGrpcServer({
      Repeat: (call) => {
        call.write(call.request);
        call.on('cancelled', () => {
          cancelled = true;
        });
      },
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    const call = repeat(client, hello);
    call.on('error', () => undefined);
    await new Promise((resolve) => call.once('data', resolve));
    call.cancel();
    await until('the cancellation', async () => cancelled, 10_000);
    await until('the record', async () => proxy.events[0]?.error === 'cancelled');
    expect(proxy.upstreams.get('orders')?.totals.cancelled).toBe(1);
    expect(proxy.upstreams.get('orders')?.inFlight).toBe(0);
  });
});

describe('a call that no server answers', () => {
  it('gets a status of gRPC that says why', async () => {
    await using server = await startGrpcServer({});
    await using proxy = await startTestProxy({
      upstreams: { empty: [], gone: ['127.0.0.1:1'], full: [server.address] },
      upstreamSettings: { full: { limits: { connections: 1, pending: 1, requests: 1 } } },
    });
    const cases = [
      ['empty.localhost', code.UNAVAILABLE],
      ['gone.localhost', code.UNAVAILABLE],
      ['nobody.localhost', code.UNIMPLEMENTED],
      ['not..a..name.localhost', code.INVALID_ARGUMENT],
      ['example.com', code.PERMISSION_DENIED],
    ] as const;
    for (const [authority, expected] of cases) {
      using client = echoClient(proxy.port, authority);
      await expect(unary(client, hello), authority).rejects.toMatchObject({ code: expected });
    }
    using client = echoClient(proxy.port, 'full.localhost');
    const open = chat(client);
    open.on('error', () => undefined);
    open.write(hello);
    await new Promise((resolve) => open.once('data', resolve));
    await expect(unary(client, hello)).rejects.toMatchObject({ code: code.RESOURCE_EXHAUSTED });
    open.cancel();
  });

  it('is tried at another server when the first cannot be reached, streams too', async () => {
    await using server = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: ['127.0.0.1:1', server.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    for (let time = 0; time < 4; time++) {
      expect(await unary(client, hello)).toEqual(hello);
      expect((await collect(client, [hello, hello])).toString()).toBe('hellohello');
    }
  });

  it('that was answered UNAVAILABLE at once is tried elsewhere only with an Idempotency-Key', async () => {
    const refusing = {
      Unary: (_call: unknown, done: (error: { code: number }) => void) => done({ code: code.UNAVAILABLE }),
    };
    await using bad = await startGrpcServer(refusing);
    await using good = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: [bad.address, good.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    const metadata = { 'idempotency-key': 'k1' };
    const keyed = [unary(client, hello, { metadata }), unary(client, hello, { metadata })];
    expect(await Promise.all(keyed)).toEqual([hello, hello]);
    const plain = await Promise.allSettled([unary(client, hello), unary(client, hello)]);
    expect(plain.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });
});

describe('a server', () => {
  it('whose calls end UNAVAILABLE is taken out of use', async () => {
    await using bad = await startGrpcServer({ Unary: (_call, done) => done({ code: code.UNAVAILABLE }) });
    await using good = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: [bad.address, good.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    for (let time = 0; time < 40; time++) await unary(client, hello).catch(() => undefined);
    expect(bad.calls).toBe(5);
  });

  it('that fails calls by the caller’s fault stays in use', async () => {
    await using strict = await startGrpcServer({ Unary: (_call, done) => done({ code: code.INVALID_ARGUMENT }) });
    await using good = await startGrpcServer({});
    await using proxy = await startTestProxy({ upstreams: { orders: [strict.address, good.address] } });
    using client = echoClient(proxy.port, 'orders.localhost');
    for (let time = 0; time < 40; time++) await unary(client, hello).catch(() => undefined);
    expect(strict.calls).toBe(20);
  });
});
