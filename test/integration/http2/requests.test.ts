import { connect as connectTcp } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answerOf, ask, h2Client } from '../../support/h2-client.ts';
import { startH2Origin } from '../../support/h2-origin.ts';
import { ask1 } from '../../support/http1-ask.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const upstreamSettings = { orders: { protocol: 'http2' }, victim: { protocol: 'http2' } } as const;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

describe('the preface of HTTP/2', () => {
  it('is understood byte by byte, and HTTP/1.1 goes on on the same port', async () => {
    await using origin = await startH2Origin();
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const socket = connectTcp(proxy.port, '127.0.0.1');
    let got = Buffer.alloc(0);
    socket.on('data', (piece: Buffer) => {
      got = Buffer.concat([got, piece]);
    });
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([Buffer.from(PREFACE), EMPTY_SETTINGS])) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('the settings', async () => got.length >= 9 && got[3] === 4);
    expect((await ask1(proxy.port, { path: '/orders/' })).status).toBe(200);
    socket.destroy();
    await until('the end', async () => proxy.proxy.connections === 0);
  });

  it('is a bad request after another request, and when it goes on as something else', async () => {
    await using origin = await startH2Origin();
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    for (const bytes of [
      `GET /orders/ HTTP/1.1\r\nHost: localhost\r\n\r\n${PREFACE}`,
      'PRI * HTTP/2.1\r\n\r\n',
      'PRI * HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'PRI /orders HTTP/2.0\r\n\r\n',
    ]) {
      const socket = connectTcp(proxy.port, '127.0.0.1');
      let text = '';
      socket.on('data', (piece: Buffer) => {
        text += piece.toString('latin1');
      });
      socket.write(bytes);
      await new Promise((resolve) => socket.on('close', resolve));
      expect(text, bytes).toContain('HTTP/1.1 400 ');
    }
  });
});

describe('a request over HTTP/2', () => {
  it('goes on with its fields, ours added and those of the connection left out', async () => {
    await using origin = await startH2Origin((stream) => {
      stream.respond({ ':status': 200, 'x-b': ['1', '2'], 'proxy-authenticate': 'no' });
      stream.end('ok');
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const answer = await ask(client, {
      ':path': '/orders//a/../b?x=%zz',
      'x-a': ['1', '2'],
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'proxy-authorization': 'secret',
      te: 'trailers',
    });
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
    expect(answer.headers.get('x-b')).toBe('1, 2');
    expect(answer.headers.has('proxy-authenticate')).toBe(false);
    const [seen] = origin.requests;
    expect(seen?.[':path']).toBe('//a/../b?x=%zz');
    expect(seen?.[':authority']).toBe(origin.address);
    expect(seen?.[':scheme']).toBe('http');
    expect(seen?.['x-a']).toBe('1, 2');
    expect(seen?.['x-forwarded-for']).toBe('127.0.0.1');
    expect(seen?.forwarded).toBe(`for=127.0.0.1;host="127.0.0.1:${proxy.port}";proto=http`);
    expect(seen?.['proxy-authorization']).toBeUndefined();
    expect(seen?.te).toBe('trailers');
    expect(seen?.via).toBe('2.0 pilotfish-test');
  });

  it('keeps the authority when that is what names the service', async () => {
    await using origin = await startH2Origin();
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    await ask(client, { ':path': '/a', ':authority': 'orders.service.consul' });
    await ask(client, { ':path': '/b', host: 'orders.localhost:7700' });
    expect(origin.requests.map((seen) => [seen[':authority'], seen[':path']])).toEqual([
      ['orders.service.consul', '/a'],
      ['orders.localhost:7700', '/b'],
    ]);
  });

  it.each([
    ['another Host than its authority', { ':authority': 'orders.localhost', host: 'victim.localhost' }, 400],
    ['an authority with a user', { ':authority': 'a@orders.localhost' }, 400],
    ['an authority with a path', { ':authority': 'orders.localhost/x' }, 400],
    ['two authorities in one', { ':authority': 'orders.localhost,victim.localhost' }, 400],
    ['a foreign authority', { ':authority': 'example.com' }, 403],
    ['a page of another site', { ':authority': 'localhost', origin: 'http://evil.example' }, 403],
    ['a cross-site fetch', { ':authority': 'localhost', 'sec-fetch-site': 'cross-site' }, 403],
    ['a whole URL as its path', { ':path': 'http://victim.localhost/' }, 400],
    ['a space in its path', { ':path': '/orders/a b' }, 400],
    ['a fragment in its path', { ':path': '/orders/#x' }, 400],
    ['a backslash in its path', { ':path': '/orders\\..\\victim/' }, 400],
    ['a way up in its path', { ':path': '/../victim/' }, 400],
    ['an encoded slash in its service', { ':path': '/orders%2fvictim/' }, 400],
    ['a service that nobody has', { ':path': '/nobody/' }, 404],
    ['CONNECT', { ':method': 'CONNECT', ':authority': 'localhost:80', ':path': undefined, ':scheme': undefined }, 405],
    ['TRACE', { ':method': 'TRACE' }, 405],
    ['our own mark in Via', { via: '2.0 pilotfish-test' }, 502],
    ['too many fields', Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, '1'])), 431],
    ['a target that is too long', { ':path': `/orders/${'x'.repeat(20_000)}` }, 414],
  ] as const)('with %s is refused, and the session goes on', async (_what, fields, status) => {
    await using origin = await startH2Origin();
    await using proxy = await startTestProxy({
      upstreams: { orders: [origin.address], victim: [origin.address] },
      upstreamSettings,
    });
    using client = h2Client(proxy.port);
    const entries = Object.entries({ ':path': '/orders/', ...fields }).filter(([, value]) => value !== undefined);
    const answer = await ask(client, Object.fromEntries(entries));
    // nghttp2 itself resets what breaks its rules; what it lets through gets an answer that says why.
    if (answer.status === undefined) expect(answer.resetCode).not.toBe(0);
    else expect(answer.status).toBe(status);
    if (answer.status !== undefined) {
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.headers.get('proxy-status')).toContain('pilotfish; error=');
    }
    expect(origin.requests).toEqual([]);
    expect((await ask(client, { ':path': '/orders/' })).status).toBe(200);
  });

  it('carries trailers both ways', async () => {
    await using origin = await startH2Origin((stream) => {
      let said = '';
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('trailers', (trailers) => {
        said = String(trailers['x-said']);
      });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-heard': said }));
      stream.resume();
      stream.on('end', () => stream.end('done'));
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/', ':method': 'POST' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-said': 'yes' }));
    stream.end('body');
    const { body, trailers } = await answerOf(stream);
    expect(body.toString()).toBe('done');
    expect(trailers.get('x-heard')).toBe('yes');
  });

  it('gets interim answers in order', async () => {
    await using origin = await startH2Origin((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond({ ':status': 200 });
      stream.end();
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/' });
    const interim: unknown[] = [];
    stream.on('headers', (headers) => interim.push(headers[':status'], headers['link']));
    expect((await answerOf(stream)).status).toBe(200);
    expect(interim).toEqual([103, '</a>']);
  });

  it('that is answered early hears so, and is told to stop sending', async () => {
    let resetCode: number | undefined;
    await using origin = await startH2Origin((stream) => {
      stream.on('close', () => {
        resetCode = stream.rstCode;
      });
      stream.resume();
      stream.respond({ ':status': 413 });
      stream.end('too much');
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/', ':method': 'POST' });
    stream.write(Buffer.alloc(1000));
    const { status, body } = await answerOf(stream);
    expect([status, body.toString()]).toEqual([413, 'too much']);
    await until('the reset at the instance', async () => resetCode === 8);
    await until('the lease', async () => proxy.upstreams.get('orders')?.inFlight === 0);
  });

  it('that its caller breaks off in the middle of its body never looks whole to the instance', async () => {
    let seen = { bytes: 0, isWhole: false, code: -1 };
    await using origin = await startH2Origin((stream) => {
      stream.on('data', (piece: Buffer) => {
        seen = { ...seen, bytes: seen.bytes + piece.length };
      });
      stream.on('end', () => {
        seen = { ...seen, isWhole: stream.rstCode === 0 && !stream.aborted };
      });
      stream.on('close', () => {
        seen = { ...seen, code: stream.rstCode ?? 0 };
      });
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    const client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write('half');
    await until('the first half', async () => seen.bytes === 4);
    client.destroy();
    await until('the end', async () => seen.code >= 0, 10_000);
    expect(seen).toEqual({ bytes: 4, isWhole: false, code: 8 });
    await until('the record', async () => proxy.events[0]?.error === 'cancelled');
  });

  it('that its caller resets is reset at the instance within a second, as cancelled', async () => {
    let code: number | undefined;
    await using origin = await startH2Origin((stream) => {
      stream.on('close', () => {
        code = stream.rstCode;
      });
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/' });
    stream.on('error', () => undefined);
    await until('the request', async () => origin.requests.length === 1);
    stream.close(8);
    await until('the reset', async () => code === 8, 10_000);
    await until('the record', async () => proxy.events[0]?.error === 'cancelled');
    expect(proxy.upstreams.get('orders')?.totals).toMatchObject({ cancelled: 1, failed: 0 });
  });

  it('whose answer breaks in the middle is reset, and never tried again', async () => {
    let breakOff = (): void => undefined;
    await using origin = await startH2Origin((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
      // Not close(): that would send the end mark first.
      breakOff = () => stream.destroy(new Error('broken'));
    });
    await using proxy = await startTestProxy({ upstreams: { orders: [origin.address] }, upstreamSettings });
    using client = h2Client(proxy.port);
    const stream = client.request({ ':path': '/orders/' });
    const answer = answerOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    breakOff();
    expect((await answer).resetCode).toBe(2);
    expect(origin.requests).toHaveLength(1);
    expect(proxy.events[0]?.error).toBe('answer_truncated');
  });

  it('to a service that speaks nothing in time is a 504', async () => {
    await using origin = await startH2Origin(() => undefined);
    const timeouts = { connectMs: 1000, firstByteMs: 100, idleMs: 0, totalMs: 0 };
    await using proxy = await startTestProxy({
      upstreams: { orders: [origin.address] },
      upstreamSettings: { orders: { protocol: 'http2', timeouts } },
    });
    using client = h2Client(proxy.port);
    const answer = await ask(client, { ':path': '/orders/', ':method': 'POST' }, Buffer.from('x'));
    expect(answer.status).toBe(504);
    expect(answer.headers.get('proxy-status')).toContain('http_response_timeout');
  });
});
