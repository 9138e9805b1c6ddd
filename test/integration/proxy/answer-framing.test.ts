import { describe, expect, test } from 'vitest';
import { expectNextClean } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import type { OriginConnection } from '../../support/recording-origin.ts';

const stage = useStage();
const get = (method: string, version = '1.1') => `${method} /svc/x HTTP/${version}\r\nHost: localhost\r\n\r\n`;
const BIG = 'x'.repeat(200_000);

/** Each origin answer, and the body that a client is to get of it. */
const answers: readonly (readonly [string, string, string, 'keep' | 'close'])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello', 'keep'],
  ['a length of 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '', 'keep'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello', 'keep'],
  ['no chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '', 'keep'],
  ['the close', 'HTTP/1.1 200 OK\r\n\r\nhello', 'hello', 'close'],
  ['the close, with Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello', 'hello', 'close'],
  ['the close, and nothing', 'HTTP/1.1 200 OK\r\n\r\n', '', 'close'],
  ['HTTP/1.0 and a length', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello', 'close'],
  ['HTTP/1.0 and the close', 'HTTP/1.0 200 OK\r\n\r\nhello', 'hello', 'close'],
  [
    'HTTP/1.0 kept alive',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello',
    'hello',
    'keep',
  ],
  ['a large length', `HTTP/1.1 200 OK\r\nContent-Length: ${BIG.length}\r\n\r\n${BIG}`, BIG, 'keep'],
  ['a large close', `HTTP/1.1 200 OK\r\n\r\n${BIG}`, BIG, 'close'],
  ['an error status', 'HTTP/1.1 500 Broken\r\nContent-Length: 5\r\n\r\nhello', 'hello', 'keep'],
  ['a status of no standard', 'HTTP/1.1 599 Own\r\nContent-Length: 5\r\n\r\nhello', 'hello', 'keep'],
  [
    'a redirect, which is not followed',
    'HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nhello',
    'hello',
    'keep',
  ],
];

describe.each(answers)('an answer framed by %s', (_, bytes, body, ending) => {
  const script = () => ({
    onRequest: (connection: OriginConnection) => {
      connection.send(bytes);
      if (ending === 'close') connection.end();
    },
  });

  test('is the same when it comes byte by byte', async () => {
    stage.origin.script = {
      onRequest: async (connection) => {
        for (const byte of Buffer.from(bytes.slice(0, 2000), 'latin1')) {
          connection.send(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
        connection.send(bytes.slice(2000));
        if (ending === 'close') connection.end();
      },
    };
    const client = await stage.client();
    expect((await client.ask(get('GET'))).body.toString('latin1')).toBe(body);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('is framed for an HTTP/1.1 client, whose connection lives on', async () => {
    stage.origin.script = script();
    const client = await stage.client();
    const answer = await client.ask(get('GET'));
    expect(answer.body.toString('latin1')).toBe(body);
    expect(answer.head.startLine.split(' ')[1]).toBe(bytes.split(' ')[1]);
    expect(['length', 'chunked']).toContain(answer.framing);
    expect(answer.head.values('connection')).toEqual([]);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('never has chunks for an HTTP/1.0 client', async () => {
    stage.origin.script = script();
    const client = await stage.client();
    const answer = await client.ask(get('GET', '1.0'));
    expect(answer.body.toString('latin1')).toBe(body);
    expect(['length', 'close']).toContain(answer.framing);
    expect(answer.head.values('transfer-encoding')).toEqual([]);
    expect(await client.whenClosed()).toBe('ended');
    expect(client.unread.length).toBe(0);
    expect(stage.origin.requests[0]?.head.startLine).toBe('GET /x HTTP/1.1');
  });
});

describe('HEAD', () => {
  test.each([
    ['a length is kept', 'Content-Length: 5', ['5'], []],
    ['chunks may be announced', 'Transfer-Encoding: chunked', [], undefined],
    ['no framing', 'X-A: b', [], []],
  ] as const)('has no body: %s', async (_, line, lengths, codings) => {
    stage.origin.script = { onRequest: (connection) => connection.send(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`) };
    const client = await stage.client();
    const { head } = await client.ask(get('HEAD'));
    expect(head.values('content-length')).toEqual(lengths);
    if (codings !== undefined) expect(head.values('transfer-encoding')).toEqual(codings);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('of an origin that sends a body anyway: the body is not relayed and the next request is clean', async () => {
    stage.origin.script = {
      onRequest: (connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
    };
    const client = await stage.client();
    await client.ask(get('HEAD'));
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    expect(client.unread.length).toBe(0);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });
});

describe('answers without a body', () => {
  test.each([
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', []],
    ['204 with a length of 0', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', []],
    ['204 with chunks announced', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', []],
    ['304', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', []],
    ['304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n', ['500']],
  ] as const)('%s', async (_, bytes, lengths) => {
    stage.origin.script = { onRequest: (connection) => connection.send(bytes) };
    const client = await stage.client();
    const { head, status } = await client.ask(get('GET'));
    expect(`${status}`).toBe(bytes.slice(9, 12));
    expect(head.values('content-length')).toEqual(lengths);
    expect(head.values('transfer-encoding')).toEqual([]);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('205 keeps its length of 0', async () => {
    stage.origin.script = { onRequest: (connection) => connection.send('HTTP/1.1 205 R\r\nContent-Length: 0\r\n\r\n') };
    const client = await stage.client();
    expect((await client.ask(get('GET'))).body.length).toBe(0);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });
});

test('Connection: close of a client is honoured after the whole answer', async () => {
  const client = await stage.client();
  const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  expect(answer.head.value('connection')).toBe('close');
  expect(answer.body.toString()).toBe('ok');
  expect(await client.whenClosed()).toBe('ended');
});

test('what a client sends after Connection: close is not a request', async () => {
  const client = await stage.client();
  const hidden = 'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
  await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n${hidden}`);
  await client.whenClosed();
  expect(stage.origin.requests.map(({ target }) => target)).toEqual(['/x']);
});

test("an origin's Connection: close ends its connection and not the client's", async () => {
  stage.origin.script = {
    onRequest: (connection) => connection.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
  };
  const client = await stage.client();
  await client.ask(get('GET'));
  await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be closed');
  stage.origin.script = {};
  await expectNextClean(client, stage.origin, 1);
  expect(stage.origin.connections).toHaveLength(2);
});
