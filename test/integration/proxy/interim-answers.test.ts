import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import { OK } from '../../support/recording-origin.ts';

const stage = useStage({
  upstreamSettings: { svc: { timeouts: { connectMs: 1000, firstByteMs: 600, idleMs: 300_000, totalMs: 0 } } },
});
const EXPECTING = 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
const GET = 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('Expect: 100-continue', () => {
  test.each(PACES)("is forwarded; the origin's 100 is relayed, then the body goes (%j)", async (pace) => {
    stage.origin.script = { onHead: (connection) => connection.send('HTTP/1.1 100 Continue\r\n\r\n') };
    const client = await stage.client();
    await client.write(EXPECTING, pace);
    expect((await client.read('POST')).status).toBe(100);
    expect(stage.origin.requests).toHaveLength(0);
    await client.write('hello', pace);
    expect((await client.read('POST')).status).toBe(200);
    const lines = ['Expect: 100-continue', 'Content-Length: 5'];
    expectForwarded(stage.origin.requests[0], { method: 'POST', target: '/x', lines, body: 'hello' });
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('a final answer instead of 100 is relayed, and the origin never gets a body', async () => {
    const answer = 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno';
    stage.origin.script = { onHead: (connection) => connection.send(answer) };
    const client = await stage.client();
    await client.write(EXPECTING);
    expect((await client.read('POST')).status).toBe(417);
    expect(stage.origin.requests).toHaveLength(0);
    expect(stage.origin.connections[0]?.rest.toString('latin1')).toMatch(/\r\n\r\n$/);
    await client.whenClosed();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the half-sent request to be dropped');
  });

  test('pilotfish does not say 100 by itself', async () => {
    let release = (): void => undefined;
    stage.origin.script = {
      onHead: (connection) => {
        release = () => connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      },
    };
    const client = await stage.client();
    await client.write(EXPECTING);
    await stage.origin.until(() => stage.origin.restBytes > 0, 'the head');
    expect(client.unread.length).toBe(0);
    release();
    expect((await client.read('POST')).status).toBe(100);
  });

  test('a client that does not wait for 100 is served too', async () => {
    stage.origin.script = { onHead: (connection) => connection.send('HTTP/1.1 100 Continue\r\n\r\n') };
    const client = await stage.client();
    expect((await client.ask(`${EXPECTING}hello`)).status).toBe(200);
    expect(stage.origin.requests[0]?.body.toString()).toBe('hello');
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('an origin that says nothing before the body: the 504 of the table', async () => {
    stage.origin.script = { onHead: () => undefined, onRequest: () => undefined };
    const client = await stage.client();
    await client.write(EXPECTING);
    expectOwnAnswer(await client.readFinal('POST'), 504, 'http_response_timeout');
  });
});

describe('interim answers', () => {
  test.each(PACES)('102 and 103 are relayed in order, each before the final one (%j)', async (pace) => {
    const interim = ['102 Processing\r\n', '103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n', '102 Processing\r\n'];
    stage.origin.script = {
      onRequest: (connection) => connection.send(interim.map((head) => `HTTP/1.1 ${head}\r\n`).join('') + OK),
    };
    const client = await stage.client();
    await client.write(GET, pace);
    const seen = [await client.read(), await client.read(), await client.read(), await client.read()];
    expect(seen.map(({ status }) => status)).toEqual([102, 103, 102, 200]);
    expect(seen[1]?.head.values('link')).toEqual(['</a>', '</b>']);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('are relayed when they come, not with the final one', async () => {
    let finish = (): void => undefined;
    stage.origin.script = {
      onRequest: (connection) => {
        connection.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
        finish = () => connection.send(OK);
      },
    };
    const client = await stage.client();
    await client.write(GET);
    expect((await client.read()).status).toBe(103);
    finish();
    expect((await client.read()).status).toBe(200);
  });

  test('are kept from HTTP/1.0 clients', async () => {
    stage.origin.script = { onRequest: (connection) => connection.send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`) };
    const client = await stage.client();
    await client.write('GET /svc/x HTTP/1.0\r\nHost: localhost\r\n\r\n');
    expect((await client.read()).status).toBe(200);
  });

  test('with a length: the length does not get through', async () => {
    stage.origin.script = {
      onRequest: (connection) => connection.send(`HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\n${OK}`),
    };
    const client = await stage.client();
    const answer = await client.ask(GET);
    if (answer.status !== 200) expectOwnAnswer(answer, 502, 'http_protocol_error');
  });

  test('without end run into the time limit for the answer', async () => {
    stage.origin.script = {
      onRequest: (connection) => {
        const timer = setInterval(() => connection.send('HTTP/1.1 102 Processing\r\n\r\n'), 10);
        connection.socket.once('close', () => clearInterval(timer));
      },
    };
    const client = await stage.client();
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    const answer = await client.readFinal('POST');
    expect([502, 504]).toContain(answer.status);
    expectOwnAnswer(answer, answer.status, answer.status === 504 ? 'http_response_timeout' : 'http_protocol_error');
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
  });

  test.each([
    ['alone', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['with Upgrade', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['followed by an answer', `HTTP/1.1 101 Switching Protocols\r\n\r\n${OK}`],
  ])('an unasked 101 is a 502: %s', async (_, bytes) => {
    stage.origin.script = { onRequest: (connection) => connection.send(bytes) };
    const client = await stage.client();
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    expectOwnAnswer(await client.read('POST'), 502, 'http_protocol_error');
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
  });
});
