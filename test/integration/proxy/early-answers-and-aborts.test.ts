import { describe, expect, test } from 'vitest';
import { expectNextClean } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';
import { OK, type OriginConnection } from '../../support/recording-origin.ts';

const stage = useStage();
const TOO_LARGE = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig';
const uploads = [
  ['a stated length', 'Content-Length: 10000000', 'x'.repeat(65_536)],
  ['chunks', 'Transfer-Encoding: chunked', `10000\r\n${'x'.repeat(65_536)}\r\n`],
] as const;

describe.each(uploads)('an early answer to an upload with %s', (_, line, piece) => {
  test.each(['stays', 'closes'])(
    'reaches the client, whose connection is then closed (the origin %s)',
    async (then) => {
      stage.origin.script = {
        onHead: (connection) => {
          connection.send(TOO_LARGE);
          if (then === 'closes') connection.end();
        },
      };
      const client = await stage.client();
      await client.write(`POST /svc/x HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`);
      await client.write(piece);
      const answer = await client.readFinal('POST');
      expect(answer.status).toBe(413);
      expect(answer.body.toString()).toBe('big');
      await client.whenClosed();
      expect(client.unread.length).toBe(0);
      await stage.origin.until(() => stage.origin.openConnections === 0, 'the unfinished upload to be dropped');
      expect(stage.origin.requests).toHaveLength(0);
      await stage.origin.forget();
      await expectNextClean(await stage.client(), stage.origin, 0);
    },
  );

  test('is seen by a client that is in the middle of writing', async () => {
    stage.origin.script = { onHead: (connection) => connection.send(TOO_LARGE) };
    const client = await stage.client();
    await client.write(`POST /svc/x HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`);
    for (let sent = 0; sent < 20 && client.closing === 'open'; sent++) {
      await client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.readFinal('POST')).status).toBe(413);
  });
});

describe('a client that half-closes after its request', () => {
  test.each([
    ['without a body', 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['with a body', 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'],
    ['with chunks', 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
  ])('still gets its answer: %s', async (_, bytes) => {
    let answer = (): void => undefined;
    stage.origin.script = {
      onRequest: (connection) => {
        answer = () => connection.send(OK);
      },
    };
    const client = await stage.client();
    await client.write(bytes);
    client.finish();
    await stage.origin.whenRequests(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stage.origin.openConnections).toBe(1);
    answer();
    expect((await client.readFinal(bytes.split(' ')[0])).body.toString()).toBe('ok');
    expect(await client.whenClosed()).toBe('ended');
  });

  test('gets the answers of all it pipelined', async () => {
    const client = await stage.client();
    await client.write('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(3));
    client.finish();
    for (let read = 0; read < 3; read++) expect((await client.read()).body.toString()).toBe('ok');
    expect(await client.whenClosed()).toBe('ended');
    expect(stage.origin.requests).toHaveLength(3);
  });

  test.each([
    ['in its head', 'GET /svc/x HTTP/1.1\r\nHost: loc'],
    ['in its body', 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel'],
    ['in a chunk', 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'],
    [
      'before the last chunk',
      'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n',
    ],
  ])('half-closing %s is no request: nothing whole reaches the origin, nothing stays open', async (_, bytes) => {
    const client = await stage.client();
    await client.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 10));
    client.finish();
    await client.whenClosed();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the half-sent request to be dropped');
    expect(stage.origin.requests).toHaveLength(0);
    await stage.origin.forget();
    await expectNextClean(await stage.client(), stage.origin, 0);
  });
});

describe.each(['close', 'reset'] as const)('a client that is gone (%s)', (how) => {
  const aborted = async () => {
    await stage.origin.until(
      () => stage.origin.connections.length > 0 && stage.origin.openConnections === 0,
      'the request at the origin to be aborted',
    );
    await stage.origin.forget();
    await expectNextClean(await stage.client(), stage.origin, 0);
  };

  test('before the answer: the request at the origin is aborted', async () => {
    stage.origin.script = { onRequest: () => undefined };
    const client = await stage.client();
    await client.write('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await stage.origin.whenRequests(1);
    client[how]();
    stage.origin.script = {};
    await aborted();
  });

  test('in the middle of the answer', async () => {
    stage.origin.script = {
      onRequest: (connection: OriginConnection) =>
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'),
    };
    const client = await stage.client();
    await client.write('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.sees('part');
    client[how]();
    stage.origin.script = {};
    await aborted();
  });

  test('in the middle of its upload', async () => {
    const client = await stage.client();
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\npart');
    await stage.origin.until(() => stage.origin.restBytes > 0, 'the head');
    client[how]();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the upload to be aborted');
    expect(stage.origin.requests).toHaveLength(0);
    await aborted();
  });
});
