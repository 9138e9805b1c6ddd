import { expect, test } from 'vitest';
import { useStage } from '../../support/raw-stage.ts';
import type { OriginConnection } from '../../support/recording-origin.ts';

const stage = useStage();
const GET = 'GET /svc/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

test.each([
  ['chunks', 'Transfer-Encoding: chunked\r\n', (event: string) => `${event.length.toString(16)}\r\n${event}\r\n`],
  ['no stated end', '', (event: string) => event],
])(
  'each event passes before the next is sent, and the client closing reaches the origin (%s)',
  async (_, line, coded) => {
    let stream: OriginConnection | undefined;
    stage.origin.script = {
      onRequest: (connection) => {
        stream = connection;
        connection.send(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${line}\r\n`);
      },
    };
    const client = await stage.client();
    await client.write(GET);
    await client.sees('\r\n\r\n');
    for (let event = 0; event < 20; event++) {
      stream?.send(coded(`data: ${event}\n\n`));
      await client.sees(`data: ${event}\n\n`);
    }
    client.close();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the end of the stream');
    expect(stage.origin.requests).toHaveLength(1);
  },
);

test('the head passes before the first event', async () => {
  stage.origin.script = {
    onRequest: (connection) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
  };
  const client = await stage.client();
  await client.write(GET);
  await client.sees('\r\n\r\n');
});

test('an upload passes piece by piece too', async () => {
  const client = await stage.client();
  await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let piece = 0; piece < 20; piece++) {
    const text = `piece ${piece};`;
    await client.write(`${text.length.toString(16)}\r\n${text}\r\n`);
    await stage.origin.until(() => stage.origin.connections[0]?.bytes.includes(text), text);
  }
  await client.write('0\r\n\r\n');
  expect((await client.readFinal('POST')).status).toBe(200);
});

test('a conversation: the answer streams while the request still does', async () => {
  stage.origin.script = {
    onHead: (connection) => connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    onRequest: (connection) => connection.send('4\r\ndone\r\n0\r\n\r\n'),
  };
  const client = await stage.client();
  await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
  await client.sees('\r\n\r\n');
  await client.write('2\r\nhi\r\n');
  await stage.origin.until(() => stage.origin.connections[0]?.bytes.includes('hi'), 'the piece sent after the answer');
  await client.write('0\r\n\r\n');
  expect((await client.readFinal('POST')).body.toString()).toBe('done');
});
