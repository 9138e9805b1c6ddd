import { describe, expect, test } from 'vitest';
import { expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import { OK, type OriginConnection } from '../../support/recording-origin.ts';

const stage = useStage();
const POST = 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n';
/** A client may take this for the end of the body, whether or not more follows. */
const LAST_CHUNK = /\r\n0+\r\n/;
const deaths = ['end', 'reset'] as const;

/** Sends bytes and, once the proxy surely has them, dies. */
function sendAndDie(connection: OriginConnection, bytes: string, death: 'end' | 'reset'): void {
  if (death === 'end') connection.socket.end(Buffer.from(bytes, 'latin1'));
  else if (bytes === '') connection.reset();
  else connection.socket.write(Buffer.from(bytes, 'latin1'), () => setTimeout(() => connection.reset(), 5));
}

describe('bytes after a complete answer', () => {
  test.each([
    ['another answer', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
    ['junk', `${OK}junk`],
    ['one byte', `${OK}x`],
    ['CRLF', `${OK}\r\n`],
    ['more body than the length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay'],
    ['junk after chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\njunk'],
    ['a body after 204', 'HTTP/1.1 204 No Content\r\n\r\nbody'],
    ['a body after 304', 'HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
  ])('%s: the connection is dropped, the next request is clean', async (_, bytes) => {
    stage.origin.script = { onRequest: (connection) => connection.send(bytes) };
    const client = await stage.client();
    expect([200, 204, 304]).toContain((await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status);
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });

  test('that come only while the connection is idle', async () => {
    const client = await stage.client();
    await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    stage.origin.connections[0]?.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    await expectNextClean(client, stage.origin, 1);
  });
});

describe.each(deaths)('an origin that dies (%s)', (death) => {
  test.each([
    ['in a body of a stated length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\npart'],
    ['between two chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['in the size of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n1'],
    ['before the last CRLF', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\n'],
    ['in the trailers', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\nX-A: b\r\n'],
  ])('%s: the client connection is closed without an end mark', async (_, bytes) => {
    stage.origin.script = { onRequest: (connection) => sendAndDie(connection, bytes, death) };
    const client = await stage.client();
    await client.write('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.whenClosed();
    const seen = client.unread.toString('latin1');
    expect(seen).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(seen).toContain('\r\n\r\n');
    expect(seen.slice(seen.indexOf('\r\n\r\n'))).not.toMatch(LAST_CHUNK);
    expect(seen.slice(seen.indexOf('\r\n\r\n') + 4)).toMatch(/^((64|4)\r\n)?(part)?(\r\n\d?)?$/);
    expect(stage.origin.requests).toHaveLength(1);
    stage.origin.script = {};
    await expectNextClean(await stage.client(), stage.origin, 1);
  });

  test('in a body without a stated length: only a reset can be told from its end', async () => {
    stage.origin.script = {
      onRequest: (connection) => sendAndDie(connection, 'HTTP/1.1 200 OK\r\n\r\npart', death),
    };
    const client = await stage.client();
    await client.write('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    if (death === 'end') expect((await client.read()).body.toString()).toBe('part');
    else {
      await client.whenClosed();
      expect(client.unread.toString('latin1')).not.toContain('\r\n0\r\n\r\n');
    }
  });

  const whole = 'HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n0\r\nX-T: u\r\n\r\n';
  test('at any byte of its answer: 502 while no byte was relayed, else a broken body; the next is clean', async () => {
    const headEnd = whole.indexOf('\r\n\r\n') + 4;
    for (let cut = 0; cut < whole.length; cut++) {
      await stage.origin.forget({ onRequest: (connection) => sendAndDie(connection, whole.slice(0, cut), death) });
      const client = await stage.client();
      await client.write(POST);
      if (cut < headEnd) {
        // Nothing at all is a connection that broke; a part of a head is that, or no HTTP.
        const answer = await client.readFinal('POST');
        const isProtocol = cut > 0 && answer.head.value('proxy-status')?.includes('http_protocol_error') === true;
        expectOwnAnswer(answer, 502, isProtocol ? 'http_protocol_error' : 'connection_terminated');
      } else {
        await client.whenClosed();
        expect(client.unread.toString('latin1'), `cut at ${cut}`).not.toMatch(LAST_CHUNK);
      }
      expect(stage.origin.requests, `cut at ${cut}`).toHaveLength(1);
      client.close();
    }
    await stage.origin.forget();
    await expectNextClean(await stage.client(), stage.origin, 0);
  });
});
