import { describe, expect, test } from 'vitest';
import { PACES, type RawClient } from '../../support/raw-client.ts';
import { expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import type { OriginConnection, OriginScript } from '../../support/recording-origin.ts';

const stage = useStage();
const ASK =
  'GET /svc/chat?x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** An origin that switches at once, says `early` in the same write, and hands the bytes that follow to `onBytes`. */
function switching(early = '', onBytes: OriginScript['onTunnel'] = () => undefined): OriginScript {
  return {
    onRequest: (connection) => {
      connection.tunnel();
      connection.send(SWITCH + early);
    },
    onTunnel: onBytes,
  };
}

async function upgraded(bytes = ASK): Promise<RawClient> {
  const client = await stage.client();
  await client.write(bytes);
  expect((await client.read()).status).toBe(101);
  return client;
}

const connectionOf = (): OriginConnection => {
  const [connection] = stage.origin.connections;
  if (connection === undefined) throw new Error('no connection at the origin');
  return connection;
};

describe.each(PACES)('a WebSocket (%j)', (pace) => {
  test('is asked for and granted with the fields that it needs', async () => {
    stage.origin.script = switching();
    const client = await stage.client();
    await client.write(ASK, pace);
    const { status, head } = await client.read();
    expect(status).toBe(101);
    expect(head.value('upgrade')).toBe('websocket');
    expect(head.value('connection')?.toLowerCase()).toBe('upgrade');
    expect(head.value('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const [request] = stage.origin.requests;
    expect(request?.target).toBe('/chat?x=1');
    expect(request?.head.value('upgrade')).toBe('websocket');
    expect(request?.head.value('connection')?.toLowerCase()).toBe('upgrade');
    expect(request?.head.value('sec-websocket-key')).toBe('dGhlIHNhbXBsZSBub25jZQ==');
  });

  test('carries bytes both ways, whatever they look like', async () => {
    stage.origin.script = switching('', (connection, bytes) => connection.send(bytes));
    const client = await upgraded();
    const sent = `GET /svc/hidden HTTP/1.1\r\nHost: x\r\n\r\n0\r\n\r\n${String.fromCharCode(...Array(256).keys())}`;
    await client.write(sent, pace);
    expect((await client.readBytes(sent.length)).toString('latin1')).toBe(sent);
    expect(stage.origin.requests).toHaveLength(1);
  });
});

describe('early bytes', () => {
  test("of the client are held until the origin's 101 and then delivered, nothing lost", async () => {
    let grant = (): void => undefined;
    stage.origin.script = {
      onRequest: (connection) => {
        connection.tunnel();
        grant = () => connection.send(SWITCH);
      },
      onTunnel: () => undefined,
    };
    const client = await stage.client();
    await client.write(`${ASK}early`);
    await stage.origin.whenRequests(1);
    await client.write(' and more');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(connectionOf().rest.toString()).toBe('');
    grant();
    expect((await client.read()).status).toBe(101);
    await stage.origin.until(() => connectionOf().rest.length >= 14, 'the early bytes');
    expect(connectionOf().rest.toString()).toBe('early and more');
  });

  test.each(['whole', 'byte by byte'] as const)(
    'of the client that are a request are none when the origin declines (%s)',
    async (pace) => {
      stage.origin.script = {
        onRequest: (connection) => connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
      };
      const client = await stage.client();
      await client.write(`${ASK}GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n`, pace);
      const answer = await client.read();
      expect([answer.status, answer.head.value('connection')]).toEqual([403, 'close']);
      await client.whenClosed();
      expect(client.unread.length).toBe(0);
      expect(stage.origin.requests).toHaveLength(1);
    },
  );

  test('of the origin, in one write with its 101, are delivered', async () => {
    stage.origin.script = switching('hello');
    expect((await (await upgraded()).readBytes(5)).toString()).toBe('hello');
  });

  test('of the client never become a request of their own when the origin declines', async () => {
    stage.origin.script = {
      onRequest: (connection) => connection.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
    };
    const client = await stage.client();
    await client.write(`${ASK}\x81\x85junk`);
    const answer = await client.read();
    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toBe('no');
    if (client.closing === 'open') {
      const next = await client.readFinal().catch(() => undefined);
      if (next !== undefined) expectOwnAnswer(next, 400, 'http_request_error');
    }
    expect(stage.origin.requests).toHaveLength(1);
  });
});

describe('an answer other than 101', () => {
  test.each([
    ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 200],
    ['426', 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n', 426],
    ['503 with chunks', 'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n', 503],
  ])('is relayed as it is: %s', async (_, bytes, status) => {
    stage.origin.script = { onRequest: (connection) => connection.send(bytes) };
    const client = await stage.client();
    const answer = await client.ask(ASK);
    expect(answer.status).toBe(status);
    expect(answer.head.values('upgrade')).toEqual([]);
  });

  test('a 101 to another protocol than asked for is a 502', async () => {
    stage.origin.script = {
      onRequest: (connection) =>
        connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
    };
    const client = await stage.client();
    expectOwnAnswer(await client.ask(ASK), 502, 'http_protocol_error');
  });
});

describe('the end of a tunnel', () => {
  test.each(['close', 'reset'] as const)('of a client that does %s reaches the origin', async (how) => {
    stage.origin.script = switching('hello');
    const client = await upgraded();
    await client.readBytes(5);
    client[how]();
    await stage.origin.until(() => connectionOf().closing !== 'open', 'the end');
  });

  test.each(['end', 'reset'] as const)(
    'of an origin that does %s reaches the client, after its last bytes',
    async (how) => {
      stage.origin.script = switching('hello', (connection) => {
        if (how === 'end') connection.send('last');
        connection[how]();
      });
      const client = await upgraded();
      await client.readBytes(5);
      await client.write('go');
      await client.whenClosed();
      expect(client.unread.toString()).toBe(how === 'end' ? 'last' : '');
    },
  );

  test('in one direction leaves the other open long enough for what is under way', async () => {
    stage.origin.script = switching('', (connection, bytes) => {
      if (bytes.includes('bye')) connection.send('answer to bye');
    });
    const client = await upgraded();
    await client.write('bye');
    client.finish();
    await client.sees('answer to bye');
  });

  test('leaves nothing behind: 50 tunnels, then a clean request', async () => {
    stage.origin.script = switching('', (connection, bytes) => {
      connection.send(bytes);
      connection.socket.once('end', () => connection.end());
    });
    for (let round = 0; round < 50; round++) {
      const client = await upgraded();
      await client.write('ping');
      await client.readBytes(4);
      client.close();
    }
    await stage.origin.until(() => stage.origin.openConnections === 0, 'all tunnels to be closed');
    await stage.origin.forget();
    await expectNextClean(await stage.client(), stage.origin, 0);
  });
});

describe('what is no proper request for a WebSocket', () => {
  test.each([
    ['h2c', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n'],
    ['an unknown protocol', 'Connection: Upgrade\r\nUpgrade: foo/1\r\n'],
    ['websocket that Connection does not name', 'Upgrade: websocket\r\n'],
    ['only a Connection', 'Connection: Upgrade\r\n'],
  ])('goes on as an ordinary request: %s', async (_, lines) => {
    const client = await stage.client();
    expect((await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`)).status).toBe(200);
    const { head } = stage.origin.requests[0] ?? {};
    for (const name of ['upgrade', 'connection', 'http2-settings']) expect(head?.values(name)).toEqual([]);
    await expectNextClean(client, stage.origin, 1);
  });

  test('an upgrade on HTTP/1.0 is ignored', async () => {
    const client = await stage.client();
    await client.ask(ASK.replace('HTTP/1.1', 'HTTP/1.0'));
    expect(stage.origin.requests[0]?.head.values('upgrade')).toEqual([]);
  });

  test('an upgrade with a body does not become a tunnel with the body as its first bytes unnoticed', async () => {
    stage.origin.script = switching();
    const client = await stage.client();
    await client.write(ASK.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nhello'));
    const answer = await client.read();
    // 502: it went on as an ordinary request, so that nobody had asked for the 101.
    expect([101, 400, 502]).toContain(answer.status);
    if (answer.status !== 400) expect(stage.origin.requests[0]?.body.toString()).toBe('hello');
    else expect(stage.origin.requests).toHaveLength(0);
  });
});
