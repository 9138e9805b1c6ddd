import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const METHODS = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'PURGE'];
const BODIES: readonly (readonly [string, string])[] = [
  ['no bytes', ''],
  ['text', 'hello'],
  ['a hidden request', 'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['a hidden end of chunks', '0\r\n\r\nGET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['bytes of all values', Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')],
];
const bodied = METHODS.flatMap((method) => BODIES.map(([kind, body]) => ({ method, kind, body })));
const stage = useStage();

describe.each(PACES)('exactly one request reaches the origin (%j)', (pace) => {
  test.each(METHODS)('for %s without a body', async (method) => {
    const client = await stage.client();
    await client.ask(`${method} /svc/one?q=1 HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n\r\n`, pace);
    const [request] = await stage.origin.whenRequests(1);
    expect(request?.head.values('transfer-encoding')).toEqual([]);
    expect(request?.body.length).toBe(0);
    expect(request?.head.startLine).toBe(`${method} /one?q=1 HTTP/1.1`);
    await expectNextClean(client, stage.origin, 1);
  });

  test.each(bodied)('for $method whose body of a stated length is $kind', async ({ method, body }) => {
    const client = await stage.client();
    const length = `Content-Length: ${body.length}`;
    await client.ask(`${method} /svc/one HTTP/1.1\r\nHost: localhost\r\n${length}\r\nX-A: b\r\n\r\n${body}`, pace);
    const [request] = await stage.origin.whenRequests(1);
    expectForwarded(request, { method, target: '/one', lines: [length, 'X-A: b'], body });
    await expectNextClean(client, stage.origin, 1);
  });

  test.each(bodied)('for $method whose chunked body is $kind', async ({ method, body }) => {
    const client = await stage.client();
    const half = Math.floor(body.length / 2);
    const chunks = [body.slice(0, half), body.slice(half)].filter((part) => part !== '');
    const coded = chunks.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
    const head = `${method} /svc/one HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n`;
    await client.ask(`${head}${coded}0\r\n\r\n`, pace);
    const [request] = await stage.origin.whenRequests(1);
    expectForwarded(request, { method, target: '/one', lines: ['X-A: b', 'Transfer-Encoding: chunked'], body });
    await expectNextClean(client, stage.origin, 1);
  });

  test('for each of several pipelined requests, answered in order', async () => {
    stage.origin.script = {
      onRequest: (connection, { target }) =>
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`),
    };
    const client = await stage.client();
    const pipelined = [
      'GET /svc/1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST /svc/2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc',
      'PUT /svc/3 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      'DELETE /svc/4 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /other/5 HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'GET /svc/6 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    ];
    await client.write(pipelined.join(''), pace);
    const bodies: string[] = [];
    for (const _ of pipelined) bodies.push((await client.read()).body.toString());
    expect(bodies).toEqual(['/1', '/2', '/3', '/4', 'ok', '/6']);
    expect(stage.origin.requests.map(({ target }) => target).toSorted()).toEqual(['/1', '/2', '/3', '/4', '/6']);
    expect(stage.other.requests.map(({ target }) => target)).toEqual(['/5']);
    expect(client.unread.length).toBe(0);
  });
});

test('a request that is split at any one byte is the same request', async () => {
  const body = '5;ext=1\r\nhello\r\n0\r\n\r\n';
  const bytes = `POST /svc/split HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
  const client = await stage.client();
  for (let splitAt = 1; splitAt < bytes.length; splitAt++) {
    expect((await client.ask(bytes, { splitAt })).status, `split at ${splitAt}`).toBe(200);
    expectForwarded(stage.origin.requests[splitAt - 1], {
      method: 'POST',
      target: '/split',
      lines: ['X-A: b', 'Transfer-Encoding: chunked'],
      body: 'hello',
    });
  }
  await expectNextClean(client, stage.origin, bytes.length - 1);
});
