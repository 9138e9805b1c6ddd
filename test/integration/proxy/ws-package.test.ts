import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startTestProxy, type TestProxy } from '../../support/test-proxy.ts';

/** A client and a server that many use, with the proxy between them: neither may notice it. */
describe('the ws package’s client and server, through the proxy', () => {
  let server: WebSocketServer;
  let proxy: TestProxy;

  beforeAll(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket, request) => {
      socket.on('message', (data, isBinary) => {
        const text = isBinary ? undefined : data.toString();
        if (text === 'close') socket.close(4001, 'as you wish');
        else if (text === 'where') socket.send(request.url ?? '');
        else socket.send(data, { binary: isBinary });
      });
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    proxy = await startTestProxy({ upstreams: { chat: [`127.0.0.1:${port}`] } });
  });

  afterAll(async () => {
    await proxy.close();
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/chat/room/1?x=2`);
    await once(socket, 'open');
    return socket;
  };
  const answerTo = async (
    socket: WebSocket,
    message: string | Buffer,
  ): Promise<{ data: Buffer; isBinary: boolean }> => {
    socket.send(message);
    const [data, isBinary] = await once(socket, 'message');
    return { data: data as Buffer, isBinary: isBinary as boolean };
  };

  it('exchange text and binary, of no byte, of one and of a mebibyte', async () => {
    const socket = await open();
    const mebibyte = Buffer.alloc(2 ** 20, 'pilotfish');
    for (const message of ['', 'ä', mebibyte.toString()]) {
      const { data, isBinary } = await answerTo(socket, message);
      expect([data.toString(), isBinary]).toEqual([message, false]);
    }
    for (const message of [Buffer.alloc(0), Buffer.from([0]), mebibyte]) {
      const { data, isBinary } = await answerTo(socket, message);
      expect(isBinary).toBe(true);
      expect(data.equals(message)).toBe(true);
    }
    socket.close();
    await once(socket, 'close');
  });

  it('see the path and query of the call without the service’s name', async () => {
    const socket = await open();
    expect((await answerTo(socket, 'where')).data.toString()).toBe('/room/1?x=2');
    socket.close();
    await once(socket, 'close');
  });

  it('tell each other why they close, in either direction', async () => {
    const asked = await open();
    asked.send('close');
    const [code, reason] = await once(asked, 'close');
    expect([code, String(reason)]).toEqual([4001, 'as you wish']);

    const closing = await open();
    const [served] = [...server.clients].filter((client) => client.readyState === WebSocket.OPEN);
    const seen = once(served as WebSocket, 'close');
    closing.close(4002, 'enough');
    const [seenCode, seenReason] = await seen;
    expect([seenCode, String(seenReason)]).toEqual([4002, 'enough']);
  });

  it('answer pings, and notice at once when the other is gone', async () => {
    const socket = await open();
    socket.ping('still there?');
    const [payload] = await once(socket, 'pong');
    expect(String(payload)).toBe('still there?');
    for (const client of server.clients) client.terminate();
    const [code] = await once(socket, 'close');
    expect(code).toBe(1006);
  });
});
