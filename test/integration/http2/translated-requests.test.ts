import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answerOf, ask, h2Client } from '../../support/h2-client.ts';
import { startH2Origin } from '../../support/h2-origin.ts';
import { ask1 } from '../../support/http1-ask.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const upstreamSettings = { orders: { protocol: 'http2' } } as const;
const MIB = Buffer.alloc(1024 * 1024, 'x');

describe('a request over HTTP/2 to an upstream that speaks HTTP/1.1', () => {
  it('reaches an instance, and its answer comes back', async () => {
    await using origin = await RecordingOrigin.start({
      onRequest: (connection) =>
        connection.send(
          'HTTP/1.1 201 Created\r\nX-A: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 4\r\n\r\nmade',
        ),
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const answer = await ask(client, { ':path': '/orders/api/42?x=1', cookie: ['a=1', 'b=2'] });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-a')).toBe('1');
    expect(answer.headers.get('set-cookie')).toBe('a, b');
    expect(answer.body.toString()).toBe('made');
    expect(origin.requests[0]?.target).toBe('/api/42?x=1');
    expect(origin.connections[0]?.bytes.toString()).toContain('cookie: a=1; b=2\r\n');
    expect(origin.malformed).toEqual([]);
  });

  it('sends its body, chunked when the length is not told, with its trailers', async () => {
    await using origin = await RecordingOrigin.start();
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/', ':method': 'POST' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    stream.end(MIB);
    expect((await answerOf(stream)).status).toBe(200);
    const [seen] = origin.requests;
    expect(seen?.chunked).toBe(true);
    expect(seen?.body.equals(MIB)).toBe(true);
    expect(seen?.trailers).toEqual(['x-sum: 7']);
    const told = await ask(client, { ':path': '/orders/', ':method': 'POST', 'content-length': 3 }, Buffer.from('abc'));
    expect(told.status).toBe(200);
    expect(origin.requests[1]?.chunked).toBe(false);
    expect(origin.requests[1]?.body.toString()).toBe('abc');
  });

  it('gets the content and the trailers of a chunked answer', async () => {
    await using origin = await RecordingOrigin.start({
      onRequest: (connection) =>
        connection.send(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n',
        ),
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const { body, trailers, headers } = await ask(client, { ':path': '/orders/' });
    expect(body.toString()).toBe('abcde');
    expect(trailers.get('x-sum')).toBe('5');
    expect(headers.has('transfer-encoding')).toBe(false);
  });

  it('sees a broken answer as a reset stream, and the session goes on', async () => {
    await using origin = await RecordingOrigin.start({
      onRequest: (connection, { target }) => {
        if (target === '/fine') return connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
        connection.end();
      },
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const broken = await ask(client, { ':path': '/orders/broken' });
    expect(broken.resetCode).not.toBe(0);
    expect((await ask(client, { ':path': '/orders/fine' })).body.toString()).toBe('ok');
  });

  it('is aborted at the instance when its caller resets it', async () => {
    await using origin = await RecordingOrigin.start({ onRequest: () => undefined });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/' });
    stream.on('error', () => undefined);
    await until('the request', async () => origin.requests.length === 1);
    stream.close(8);
    await until('the abort', async () => origin.connections[0]?.closing !== 'open', 10_000);
    await until('the record', async () => proxy.events[0]?.error === 'cancelled');
    expect(proxy.upstreams.get('orders')?.inFlight).toBe(0);
  });

  it('gets large answers whole, many at once', async () => {
    await using origin = await RecordingOrigin.start({
      onRequest: (connection) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${MIB.length}\r\n\r\n`);
        connection.socket.write(MIB);
      },
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] } });
    using client = h2Client(proxy.port);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(client, { ':path': '/orders/' })));
    expect(answers.every(({ body }) => body.equals(MIB))).toBe(true);
  });
});

describe('a request over HTTP/1.1 to an upstream with protocol http2', () => {
  it('reaches an instance, and its answer comes back with its trailers', async () => {
    await using origin = await startH2Origin((stream, headers) => {
      stream.respond(
        { ':status': 201, 'x-path': headers[':path'], 'set-cookie': ['a', 'b'] },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '5' }));
      stream.pipe(stream);
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const answer = await ask1(proxy.port, {
      path: '/orders/a?b',
      method: 'POST',
      headers: { te: 'trailers', connection: 'te' },
      pieces: [Buffer.from('abc'), MIB],
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['x-path']).toBe('/a?b');
    expect(answer.headers['set-cookie']).toEqual(['a', 'b']);
    expect(answer.body.equals(Buffer.concat([Buffer.from('abc'), MIB]))).toBe(true);
    expect(answer.trailers).toEqual({ 'x-sum': '5' });
    const [seen] = origin.requests;
    expect(seen?.te).toBe('trailers');
    expect(seen?.via).toBe('1.1 pilotfish-test');
    expect(seen?.[':authority']).toBe(origin.address);
    expect(seen?.connection).toBeUndefined();
  });

  it('sends its trailers, and a body of known length as such', async () => {
    await using origin = await startH2Origin((stream) => {
      let sum = 'none';
      stream.on('trailers', (trailers) => {
        sum = String(trailers['x-sum']);
      });
      stream.resume();
      stream.on('end', () => {
        stream.respond({ ':status': 200 });
        stream.end(sum);
      });
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const post = { path: '/orders/', method: 'POST', pieces: [Buffer.from('abc')] };
    expect((await ask1(proxy.port, { ...post, trailers: { 'X-Sum': '7' } })).body.toString()).toBe('7');
    expect((await ask1(proxy.port, { ...post, headers: { 'content-length': '3' } })).body.toString()).toBe('none');
    expect(origin.requests[1]?.['content-length']).toBe('3');
  });

  it('many share one session', async () => {
    await using origin = await startH2Origin();
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask1(proxy.port, { path: '/orders/' })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(origin.sessions.size).toBe(1);
  });

  it('HEAD, 204 and an empty answer have no content and leave the connection in order', async () => {
    await using origin = await startH2Origin((stream, headers) => {
      const status = headers[':path'] === '/204' ? 204 : 200;
      stream.respond(
        { ':status': status, ...(headers[':method'] === 'HEAD' ? { 'content-length': 5 } : {}) },
        { endStream: true },
      );
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const head = await ask1(proxy.port, { path: '/orders/', method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '5', 0]);
    expect((await ask1(proxy.port, { path: '/orders/204' })).status).toBe(204);
    const empty = await ask1(proxy.port, { path: '/orders/' });
    expect([empty.headers['content-length'], empty.body.length]).toEqual(['0', 0]);
  });

  it('is a 502 when nobody listens, and tried elsewhere when another does', async () => {
    await using origin = await startH2Origin();
    await using proxy = await startTestProxy({
      upstreams: { orders: ['127.0.0.1:1', origin.address], gone: ['127.0.0.1:1'] },
      upstreamSettings: { ...upstreamSettings, gone: { protocol: 'http2' } },
    });
    for (let time = 0; time < 4; time++) {
      expect((await ask1(proxy.port, { path: '/orders/', method: 'POST', pieces: [MIB] })).status).toBe(200);
    }
    const gone = await ask1(proxy.port, { path: '/gone/' });
    expect(gone.status).toBe(502);
    expect(gone.headers['proxy-status']).toContain('connection_refused');
  });

  it('an instance that speaks HTTP/1.1 after all is a 502', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = { address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    expect((await ask1(proxy.port, { path: '/orders/' })).status).toBe(502);
    server.close();
  });

  it('its stream is cancelled when the caller goes away', async () => {
    let seen: Promise<unknown> | undefined;
    await using origin = await startH2Origin((stream) => {
      seen = once(stream, 'aborted');
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const asked = request({ host: '127.0.0.1', port: proxy.port, path: '/orders/', agent: false });
    asked.on('error', () => undefined);
    asked.end();
    await until('the request', async () => seen !== undefined);
    asked.destroy();
    await seen;
    await until('the record', async () => proxy.events[0]?.error === 'cancelled');
    expect(proxy.upstreams.get('orders')?.inFlight).toBe(0);
  });
});
