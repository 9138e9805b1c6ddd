import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();

const requests: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['Connection: keep-alive', ['Connection: keep-alive', 'X-A: b'], ['X-A: b']],
  ['Connection: close', ['Connection: close', 'X-A: b'], ['X-A: b']],
  ['Keep-Alive', ['Keep-Alive: timeout=5', 'X-A: b'], ['X-A: b']],
  ['Proxy-Connection', ['Proxy-Connection: keep-alive', 'X-A: b'], ['X-A: b']],
  ['TE', ['TE: gzip', 'X-A: b'], ['X-A: b']],
  ['Upgrade to h2c', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'], []],
  ['Upgrade to something else', ['Connection: Upgrade', 'Upgrade: TLS/1.3'], []],
  ['Upgrade that Connection does not name', ['Upgrade: websocket', 'X-A: b'], ['X-A: b']],
  ['a nominated field', ['Connection: X-Hop', 'X-Hop: 1', 'X-A: b'], ['X-A: b']],
  ['a field nominated later', ['X-Hop: 1', 'X-A: b', 'Connection: x-hop'], ['X-A: b']],
  ['several nominated fields', ['Connection: x-a ,\t,X-B,', 'X-A: 1', 'X-B: 2', 'X-C: 3'], ['X-C: 3']],
  ['nominated in two Connections', ['Connection: x-a', 'X-A: 1', 'X-B: 2', 'connection: x-b', 'X-C: 3'], ['X-C: 3']],
  ['a nominated field that comes twice', ['X-A: 1', 'Connection: x-a', 'x-a: 2', 'X-C: 3'], ['X-C: 3']],
  ['no prefix of a nominated name', ['Connection: x-a', 'X-AB: 1', 'X-: 2'], ['X-AB: 1', 'X-: 2']],
  ['nothing but', ['Connection: x-a', 'X-A: 1', 'Keep-Alive: 5'], []],
];

describe.each(PACES)('of a request, hop-by-hop fields are stripped (%j)', (pace) => {
  test.each(requests)('%s', async (_, lines, kept) => {
    const client = await stage.client();
    await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n`, pace);
    expectForwarded(stage.origin.requests[0], { method: 'GET', target: '/x', lines: kept });
    expect(stage.origin.requests[0]?.head.values('connection')).toEqual([]);
    expect(stage.origin.requests[0]?.head.values('upgrade')).toEqual([]);
    if (!lines.includes('Connection: close')) await expectNextClean(client, stage.origin, 1);
  });
});

test.each(['"x"', 'x y', 'x;q=1', 'a, b c', '\xe9'])(
  'a Connection that lists %j, which is no name, is refused: it is unclear what to strip',
  async (value) => {
    const client = await stage.client();
    await client.write(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: ${value}\r\n\r\n`);
    await expectRefused(client, stage.origin);
  },
);

test.each(['Via', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Host', 'traceparent'])(
  'what pilotfish adds cannot be nominated away: %s',
  async (name) => {
    const client = await stage.client();
    await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: close, ${name}\r\n\r\n`);
    const { head } = stage.origin.requests[0] ?? {};
    for (const added of ['Via', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Host']) {
      expect(head?.values(added), added).toHaveLength(1);
    }
    expect(head?.values('connection')).toEqual([]);
  },
);

test.each(['Authorization', 'Cookie', 'Content-Type'])(
  '%s can be nominated away: that is what Connection means',
  async (name) => {
    const client = await stage.client();
    await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: ${name}\r\n${name}: x\r\n\r\n`);
    expect(stage.origin.requests[0]?.head.values(name)).toEqual([]);
  },
);

describe('of an answer, hop-by-hop fields are stripped', () => {
  test.each([
    ['Keep-Alive', ['Keep-Alive: timeout=5'], 'keep-alive'],
    ['Proxy-Connection', ['Proxy-Connection: keep-alive'], 'proxy-connection'],
    ['a nominated field', ['Connection: X-Hop', 'X-Hop: 1'], 'x-hop'],
    ['a field nominated later', ['X-Hop: 1', 'Connection: x-hop, keep-alive'], 'x-hop'],
    ['Upgrade', ['Connection: Upgrade', 'Upgrade: h2c'], 'upgrade'],
    ['TE', ['TE: trailers'], 'te'],
  ])('%s', async (_, lines, gone) => {
    const head = ['HTTP/1.1 200 OK', 'X-First: 1', ...lines, 'Content-Length: 2', 'X-Last: 1'].join('\r\n');
    stage.origin.script = { onRequest: (connection) => connection.send(`${head}\r\n\r\nok`) };
    const client = await stage.client();
    const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer.head.values(gone)).toEqual([]);
    expect(answer.head.values('connection')).toEqual([]);
    expect(answer.head.lines.filter((line) => line.startsWith('X-'))).toEqual(['X-First: 1', 'X-Last: 1']);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test.each(['content-length', 'transfer-encoding'])('but a nominated %s still frames', async (name) => {
    const framing = name === 'content-length' ? 'Content-Length: 2' : 'Transfer-Encoding: chunked';
    const body = name === 'content-length' ? 'ok' : '2\r\nok\r\n0\r\n\r\n';
    stage.origin.script = {
      onRequest: (connection) => connection.send(`HTTP/1.1 200 OK\r\nConnection: ${name}\r\n${framing}\r\n\r\n${body}`),
    };
    const client = await stage.client();
    expect((await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).body.toString()).toBe('ok');
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });
});
