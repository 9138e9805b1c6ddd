import { expect, it } from 'vitest';
import { Flag, Frame, frame, hpack, PREFACE, settingsFrame } from '../../fuzz/h2-frames.ts';
import { RawH2Origin } from '../../fuzz/raw-h2-origin.ts';
import { ask, h2Client } from '../../support/h2-client.ts';
import { startH2Origin } from '../../support/h2-origin.ts';
import { RawClient } from '../../support/raw-client.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const END = Flag.END_HEADERS | Flag.END_STREAM;
/** Two of a field that may come once: node:http2 takes it in and will not send it on. */
const DOUBLED = [
  ['etag', '"a"'],
  ['etag', '"b"'],
] as const;

it.each(['/nobody/', '/orders/'])(
  'a request to %s that is reset without an error before its answer ends nothing but itself',
  async (path) => {
    await using origin = await startH2Origin((stream) =>
      setTimeout(() => stream.respond({ ':status': 200 }, { endStream: true }), 20),
    );
    await using proxy = await startTestProxy({
      upstreams: { orders: [origin.address] },
      upstreamSettings: { orders: { protocol: 'http2' } },
    });
    const fields = hpack([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'localhost'],
      [':path', path],
    ]);
    await using client = await RawClient.connect({ port: proxy.port });
    const reset = frame(Frame.RST_STREAM, 0, 1, Buffer.alloc(4));
    await client.write(Buffer.concat([PREFACE, settingsFrame([]), frame(Frame.HEADERS, END, 1, fields), reset]));
    await until('its record', async () => proxy.events.length === 1);
    using other = h2Client(proxy.port);
    expect((await ask(other, { ':path': '/orders/' })).status).toBe(200);
    expect(proxy.upstreams.get('orders')?.inFlight).toBe(0);
  },
);

it('trailers with a field twice that may come once are left out, of a request and of an answer', async () => {
  await using origin = await RawH2Origin.start(() => ({
    pieces: (stream) => [
      frame(Frame.HEADERS, Flag.END_HEADERS, stream, hpack([[':status', '103'], ...DOUBLED])),
      frame(Frame.HEADERS, Flag.END_HEADERS, stream, hpack([[':status', '200']])),
      frame(Frame.DATA, 0, stream, 'whole'),
      frame(Frame.HEADERS, END, stream, hpack(DOUBLED)),
    ],
    afterwards: 'stay',
  }));
  await using old = await RecordingOrigin.start({
    onRequest: (connection) =>
      connection.send(
        'HTTP/1.1 103 x\r\nETag: "a"\r\nETag: "b"\r\n\r\n' +
          'HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\nETag: "a"\r\nETag: "b"\r\n\r\n',
      ),
  });
  await using proxy = await startTestProxy({
    upstreams: { orders: [origin.address], old: [old.address] },
    upstreamSettings: { orders: { protocol: 'http2' } },
  });
  using client = h2Client(proxy.port);
  for (const path of ['/orders/', '/old/']) {
    const { status, body, trailers } = await ask(client, { ':path': path });
    expect([path, status, body.toString(), trailers.has('etag')]).toEqual([path, 200, 'whole', false]);
  }
  await using raw = await RawClient.connect({ port: proxy.port });
  const head = 'POST /orders/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  const answer = await raw.ask(`${head}1\r\nx\r\n0\r\nETag: "a"\r\nETag: "b"\r\n\r\n`);
  expect([answer.status, answer.body.toString()]).toEqual([200, 'whole']);
});
