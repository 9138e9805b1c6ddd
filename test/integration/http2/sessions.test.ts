import { connect as connectTcp } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answerOf, ask, h2Client } from '../../support/h2-client.ts';
import { echo, type H2Handler, startH2Origin } from '../../support/h2-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const upstreamSettings = { orders: { protocol: 'http2' } } as const;
const MIB = Buffer.alloc(1024 * 1024, 'x');

/** A frame (RFC 9113 §4.1). */
function frame(type: number, flags: number, stream: number, payload: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload, 'latin1')]);
}

describe('sessions to an instance', () => {
  it('are shared by all callers, and more are opened when one has no room', async () => {
    await using origin = await startH2Origin(
      async (stream) => {
        await wait(30);
        if (!stream.destroyed) echo(stream, {});
      },
      { settings: { maxConcurrentStreams: 10 } },
    );
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using one = h2Client(proxy.port);
    using two = h2Client(proxy.port);
    await ask(one, { ':path': '/orders/' });
    expect(origin.sessions.size).toBe(1);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(index % 2 === 0 ? one : two, { ':path': '/orders/' })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(origin.sessions.size).toBeGreaterThan(1);
    expect(origin.sessions.size).toBeLessThanOrEqual(6);
  });

  it('are never more than the limit: further requests wait, or are refused', async () => {
    await using origin = await startH2Origin(
      async (stream) => {
        await wait(20);
        if (!stream.destroyed) echo(stream, {});
      },
      { settings: { maxConcurrentStreams: 2 } },
    );
    const limits = { connections: 1, pending: 8, requests: 0 };
    await using proxy = await startTestProxy({
      upstreams: { orders: [origin.address] },
      upstreamSettings: { orders: { protocol: 'http2', limits } },
    });
    using client = h2Client(proxy.port);
    await ask(client, { ':path': '/orders/' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(client, { ':path': '/orders/' })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 503)).toHaveLength(10);
    expect(origin.sessions.size).toBe(1);
  });

  it('of all instances together have as many requests waiting for them as the upstream may have', async () => {
    const slow: H2Handler = async (stream) => {
      await wait(50);
      if (!stream.destroyed) echo(stream, {});
    };
    await using one = await startH2Origin(slow, { settings: { maxConcurrentStreams: 2 } });
    await using two = await startH2Origin(slow, { settings: { maxConcurrentStreams: 2 } });
    const limits = { connections: 1, pending: 8, requests: 0 };
    await using proxy = await startTestProxy({
      upstreams: { orders: [one.address, two.address] },
      upstreamSettings: { orders: { protocol: 'http2', limits } },
    });
    using client = h2Client(proxy.port);
    for (let first = 0; first < 2; first++) await ask(client, { ':path': '/orders/' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(client, { ':path': '/orders/' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(12);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(8);
  });

  it('that an instance ends with GOAWAY finish what is under way, and others take over', async () => {
    const held: Parameters<H2Handler>[0][] = [];
    await using origin = await startH2Origin((stream, headers) => {
      if (headers[':path'] === '/held') held.push(stream);
      else echo(stream, headers);
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const under = ask(client, { ':path': '/orders/held' });
    await until('the request', async () => held.length === 1);
    for (const session of origin.sessions) session.goaway();
    await until('another session', async () => {
      await ask(client, { ':path': '/orders/' });
      return origin.sessions.size === 2;
    });
    held[0]?.respond({ ':status': 200 });
    held[0]?.end('finished');
    expect((await under).body.toString()).toBe('finished');
  });

  it('requests that an instance refuses unread are tried elsewhere, whatever their method', async () => {
    await using refusing = await startH2Origin((stream) => stream.close(7));
    await using good = await startH2Origin();
    await using proxy = await startTestProxy({
      upstreams: { orders: [refusing.address, good.address] },
      upstreamSettings,
    });
    using client = h2Client(proxy.port);
    for (let time = 0; time < 4; time++) {
      const answer = await ask(client, { ':path': '/orders/', ':method': 'POST' }, Buffer.from('once'));
      expect(answer.body.toString()).toBe('once');
    }
    expect(refusing.requests.length).toBeGreaterThan(0);
    expect(good.requests.length).toBe(4);
  });

  it('a reset before the answer is tried elsewhere when the method allows it, and is a 502 otherwise', async () => {
    await using bad = await startH2Origin((stream) => stream.close(2));
    await using good = await startH2Origin();
    await using proxy = await startTestProxy({ upstreams: { orders: [bad.address, good.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const gets = [await ask(client, { ':path': '/orders/' }), await ask(client, { ':path': '/orders/' })];
    expect(gets.map(({ status }) => status)).toEqual([200, 200]);
    const post = { ':path': '/orders/', ':method': 'POST' };
    const posts = [await ask(client, post, MIB), await ask(client, post, MIB)];
    expect(posts.map(({ status }) => status).toSorted()).toEqual([200, 502]);
  });

  it('a 503 is tried elsewhere when the method allows it, and nothing of it leaks', async () => {
    await using bad = await startH2Origin((stream) => {
      stream.respond({ ':status': 503, 'x-leak': '1' });
      stream.end('sorry');
    });
    await using good = await startH2Origin();
    await using proxy = await startTestProxy({ upstreams: { orders: [bad.address, good.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    for (let time = 0; time < 2; time++) {
      const answer = await ask(client, { ':path': '/orders/', ':method': 'PUT' }, Buffer.from('body'));
      expect([answer.status, answer.body.toString(), answer.headers.has('x-leak')]).toEqual([200, 'body', false]);
    }
    expect(proxy.events.map(({ resends }) => resends).toSorted()).toEqual([0, 1]);
  });
});

describe('a client’s session', () => {
  it('whose caller does not read holds the instance back', async () => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024);
    await using origin = await startH2Origin((stream) => {
      stream.respond({ ':status': 200 });
      const fill = () => {
        while (!stream.destroyed && stream.write(piece)) sent += piece.length;
        sent += piece.length;
      };
      stream.on('drain', fill);
      fill();
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const streams = Array.from({ length: 20 }, () => client.request({ ':path': '/orders/' }));
    for (const stream of streams) stream.on('error', () => undefined).pause();
    let before = -1;
    await until('the instance to be held back', async () => {
      const isStill = sent === before && sent > 0;
      before = sent;

      await wait(200);
      return isStill;
    });
    expect(origin.requests).toHaveLength(20);
    expect(sent).toBeLessThan(20 * MIB.length);
    for (const stream of streams) stream.close(8);
    await until('the leases', async () => proxy.upstreams.get('orders')?.inFlight === 0);
  });

  it('whose instance does not read is held back itself', async () => {
    await using origin = await startH2Origin(() => undefined);
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/', ':method': 'POST' });
    stream.on('error', () => undefined);
    let taken = 0;
    const piece = Buffer.alloc(64 * 1024);
    const fill = () => {
      while (taken < 64 * MIB.length && stream.write(piece, () => (taken += piece.length)));
    };
    stream.on('drain', fill);
    fill();
    let before = -1;
    await until('the client to be held back', async () => {
      const isStill = taken === before;
      before = taken;
      await wait(200);
      return isStill && taken > 0;
    });
    expect(taken).toBeLessThan(8 * MIB.length);
    stream.close(8);
    await until('the lease', async () => proxy.upstreams.get('orders')?.inFlight === 0);
  });

  it('that resets again and again is ended', async () => {
    await using origin = await startH2Origin(() => undefined);
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const socket = connectTcp(proxy.port, '127.0.0.1');
    let isClosed = false;
    socket.on('error', () => undefined).resume();
    socket.on('close', () => {
      isClosed = true;
    });
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(4, 0, 0, ''));
    // GET http://localhost/orders/, as HPACK has it (RFC 7541 §6), and its reset at once.
    const fields = '\x82\x86\x04\x08/orders/\x01\x09localhost';
    let requests = 0;
    for (let round = 0; round < 200 && !isClosed; round++) {
      for (let index = 0; index < 50; index++) {
        const id = 2 * requests++ + 1;
        socket.write(Buffer.concat([frame(1, 5, id, fields), frame(3, 0, id, '\0\0\0\x08')]));
      }
      await wait(2);
    }
    expect(isClosed).toBe(true);
    expect(requests).toBeLessThan(5000);
    await until('the leases', async () => proxy.upstreams.get('orders')?.inFlight === 0);
    using other = h2Client(proxy.port);
    origin.handle = echo;
    expect((await ask(other, { ':path': '/orders/' })).status).toBe(200);
  });

  it.each([
    ['PING', Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])],
    ['SETTINGS', Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])],
  ])('that floods with %s is ended', async (_kind, frame) => {
    await using proxy = await startTestProxy({ upstreams: { orders: ['127.0.0.1:1'] }, upstreamSettings });
    const socket = connectTcp(proxy.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    for (let round = 0; round < 20 && socket.writable; round++) {
      socket.write(Buffer.concat(Array.from({ length: 100 }, () => frame)));
      await wait(2);
    }
    await closed;
    await until('the end', async () => proxy.proxy.connections === 0);
  });

  it('that sends no settings is ended, and one without requests after a while', async () => {
    await using proxy = await startTestProxy({
      upstreams: { orders: ['127.0.0.1:1'] },
      upstreamSettings,
      settings: { limits: { headMs: 100, keepAliveMs: 300 } },
    });
    const silent = connectTcp(proxy.port, '127.0.0.1');
    silent.resume();
    silent.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    using idle = h2Client(proxy.port);
    const idleClosed = new Promise((resolve) => idle.on('close', resolve));
    await new Promise((resolve) => silent.on('close', resolve));
    await idleClosed;
    await until('the end', async () => proxy.proxy.connections === 0);
  });

  it('ends with a drain once its last request has ended, and takes no further one', async () => {
    const held: Parameters<H2Handler>[0][] = [];
    await using origin = await startH2Origin((stream) => {
      held.push(stream);
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/' });
    const answer = answerOf(stream);
    await until('the request', async () => held.length === 1);
    const goneAway = new Promise((resolve) => client.on('goaway', resolve));
    const drained = proxy.proxy.drain(60_000);
    await goneAway;
    held[0]?.respond({ ':status': 200 });
    held[0]?.end('last');
    expect((await answer).body.toString()).toBe('last');
    await drained;
    expect(proxy.proxy.connections).toBe(0);
  });

  it('leaves nothing behind after many cancelled requests', async () => {
    await using origin = await startH2Origin((stream, headers) => {
      if (headers[':path'] !== '/held') echo(stream, headers);
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    for (let round = 0; round < 20; round++) {
      const streams = Array.from({ length: 20 }, () => client.request({ ':path': '/orders/held' }));
      for (const stream of streams) stream.on('error', () => undefined);
      await until('the requests', async () => origin.requests.length === (round + 1) * 20);
      for (const stream of streams) stream.close(8);
    }
    await until('the leases', async () => proxy.upstreams.get('orders')?.inFlight === 0);
    expect(proxy.upstreams.get('orders')?.totals).toMatchObject({ cancelled: 400, failed: 0 });
    expect((await ask(client, { ':path': '/orders/' })).status).toBe(200);
  });
});
