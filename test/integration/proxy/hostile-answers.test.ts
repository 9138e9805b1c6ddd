import { describe, expect, test } from 'vitest';
import { freePorts } from '../../support/free-port.ts';
import { RawClient } from '../../support/raw-client.ts';
import { expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import type { OriginConnection } from '../../support/recording-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';

const stage = useStage({
  upstreamSettings: { svc: { timeouts: { connectMs: 1000, firstByteMs: 600, idleMs: 300_000, totalMs: 0 } } },
});
const POST = 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';

/** Sends `piece` again and again, as fast as it is taken, until the connection ends. */
function endlessly(connection: OriginConnection, piece: string): void {
  const bytes = Buffer.from(piece.repeat(Math.ceil(8192 / piece.length)), 'latin1');
  const more = (): void => {
    for (let sent = 0; sent < 16 && !connection.socket.destroyed; sent++) {
      if (!connection.socket.write(bytes)) return;
    }
    setImmediate(more);
  };
  connection.socket.on('drain', more);
  more();
}

describe('an origin that sends without end', () => {
  test.each([
    ['fields', 'HTTP/1.1 200 OK\r\n', 'X-A: bbbbbbbbbbbbbbbb\r\n', [502]],
    ['a value', 'HTTP/1.1 200 OK\r\nX-A: ', 'bbbbbbbbbbbbbbbb', [502]],
    ['a reason', 'HTTP/1.1 200 ', 'bbbbbbbbbbbbbbbb', [502]],
    ['empty lines', '', '\r\n', [502]],
    ['102s', '', 'HTTP/1.1 102 Processing\r\n\r\n', [502, 504]],
    ['103s', '', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', [502, 504]],
    ['100s', '', 'HTTP/1.1 100 Continue\r\n\r\n', [502, 504]],
  ] as const)('%s', async (_, start, piece, statuses) => {
    stage.origin.script = {
      onRequest: (connection) => {
        connection.send(start);
        endlessly(connection, piece);
      },
    };
    const before = process.memoryUsage.rss();
    const client = await stage.client();
    await client.write(POST);
    const answer = await client.readFinal('POST', 10_000);
    expect(statuses).toContain(answer.status);
    expectOwnAnswer(answer, answer.status, answer.status === 504 ? 'http_response_timeout' : 'http_protocol_error');
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    // Interim answers are relayed, so it is the test's own client that holds them.
    if (statuses.length === 1) expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
    await stage.origin.forget();
    await expectNextClean(await stage.client(), stage.origin, 0);
  });
});

describe('an origin that does not answer', () => {
  test.each([
    ['never', ''],
    ['with half a status line', 'HTTP/1.1 2'],
    ['with half a head', 'HTTP/1.1 200 OK\r\nX-A: b\r\n'],
    ['with an interim answer alone', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('%s: 504, and the connection is dropped', async (_, bytes) => {
    stage.origin.script = { onRequest: (connection) => connection.send(bytes) };
    const client = await stage.client();
    await client.write(POST);
    expectOwnAnswer(await client.readFinal('POST'), 504, 'http_response_timeout');
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    expect(stage.origin.requests).toHaveLength(1);
  });

  test.each(['end', 'reset'] as const)('but does %s as soon as it is connected to: 502', async (how) => {
    stage.origin.script = { onHead: (connection) => connection[how](), onRequest: () => undefined };
    const client = await stage.client();
    await client.write(POST);
    expectOwnAnswer(await client.readFinal('POST'), 502, 'connection_terminated');
  });

  test('because nobody listens: 502', async () => {
    const [port = 0] = await freePorts(1);
    const proxy = await startTestProxy({ upstreams: { gone: [`127.0.0.1:${port}`] } });
    try {
      await using client = await RawClient.connect(proxy);
      const refused = await client.ask(POST.replace('/svc/', '/gone/'));
      expectOwnAnswer(refused, 502, 'connection_refused');
    } finally {
      await proxy.close();
    }
  });
});
