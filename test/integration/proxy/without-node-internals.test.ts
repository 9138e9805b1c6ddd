import { describe, expect, test, vi } from 'vitest';
import { RawClient } from '../../support/raw-client.ts';
import { useStage } from '../../support/raw-stage.ts';
import { OK } from '../../support/recording-origin.ts';

// As on a runtime that nobody has looked at, or with PILOTFISH_NODE_INTERNALS=off.
vi.mock('../../../src/http1/node-internals.ts', () => ({ usesNodeInternals: false }));

const stage = useStage();
const GET = 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('without what Node does not document', () => {
  test('requests follow each other on a connection', async () => {
    const client = await stage.client();
    await client.write(GET.repeat(3));
    for (let request = 0; request < 3; request++) {
      expect((await client.readFinal('GET')).body.toString()).toBe('ok');
    }
    expect(stage.origin.requests).toHaveLength(3);
  });

  test('the last answer is whole before the connection ends', async () => {
    const client = await stage.client();
    await client.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect((await client.readFinal('GET')).body.toString()).toBe('ok');
    expect(await client.whenClosed()).toBe('ended');
  });

  test('large bodies pass in both directions', async () => {
    const body = Buffer.alloc(3_000_000, 'pilotfish ');
    stage.origin.script = {
      onRequest: (connection, request) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${request.body.length}\r\n\r\n`);
        connection.send(request.body);
      },
    };
    const client = await stage.client();
    await client.write(
      Buffer.concat([
        Buffer.from(`${GET.slice(0, -2).replace('GET', 'PUT')}Content-Length: ${body.length}\r\n\r\n`),
        body,
      ]),
    );
    const answer = await client.readFinal('PUT');
    expect(answer.body.equals(body)).toBe(true);
  });

  test('a caller that goes away takes its request with it', async () => {
    stage.origin.script = { onRequest: () => undefined };
    const client = await RawClient.connect({ port: stage.proxy.port });
    await client.write(GET);
    await stage.origin.whenRequests(1);
    client.reset();
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the request to be aborted');
    stage.origin.script = { onRequest: (connection) => connection.send(OK) };
    const next = await stage.client();
    await next.write(GET);
    expect((await next.readFinal('GET')).status).toBe(200);
  });
});
