import { connect } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Flag, Frame, frame, hpack } from '../../fuzz/h2-frames.ts';
import { RawH2Origin } from '../../fuzz/raw-h2-origin.ts';
import { ask, h2Client } from '../../support/h2-client.ts';
import { startH2Origin } from '../../support/h2-origin.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy, type TestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const KIB = 1024;
const END = Flag.END_HEADERS | Flag.END_STREAM;
/** Fields of so many KiB, as HEADERS and CONTINUATIONs. */
const large = (stream: number, kib: number, first: readonly (readonly [string, string])[], flags: number) =>
  Buffer.concat([
    frame(Frame.HEADERS, flags, stream, hpack(first)),
    ...Array.from({ length: kib / 15 }, () =>
      frame(Frame.CONTINUATION, 0, stream, hpack([['x-large', 'y'.repeat(15 * KIB)]])),
    ),
    frame(Frame.CONTINUATION, Flag.END_HEADERS, stream),
  ]);
const HEAD = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
] as const;
const grpc = { ':path': '/svc/x', ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };

describe('heads that are too large', () => {
  let origin: RawH2Origin;
  let proxy: TestProxy;
  beforeEach(async () => {
    origin = await RawH2Origin.start(() => ({ pieces: () => [], afterwards: 'stay' }));
    proxy = await startTestProxy({
      upstreams: { svc: [origin.address] },
      upstreamSettings: { svc: { protocol: 'http2' } },
    });
  });
  afterEach(async () => {
    await proxy.close();
    await origin[Symbol.asyncDispose]();
  });

  it.each([
    ['head', (s: number) => [large(s, 90, HEAD, 0), frame(Frame.HEADERS, END, s, hpack([['grpc-status', '0']]))]],
    [
      'trailers',
      (s: number) => [
        frame(Frame.HEADERS, Flag.END_HEADERS, s, hpack(HEAD)),
        large(s, 90, [['grpc-status', '0']], Flag.END_STREAM),
      ],
    ],
  ])(
    'of an answer (%s) cost its own call, and neither the caller’s other calls nor its session',
    async (_what, pieces) => {
      using client = h2Client(proxy.port);
      origin.answer = () => ({ pieces, afterwards: 'stay' });
      const refused = await ask(client, grpc);
      expect(refused.trailers.get('grpc-status') ?? refused.headers.get('grpc-status')).toBe('13');
      expect(proxy.events.at(-1)?.error).toBe('answer_malformed');
      const good = (s: number) => [frame(Frame.HEADERS, END, s, hpack([...HEAD, ['grpc-status', '0']]))];
      origin.answer = () => ({ pieces: good, afterwards: 'stay' });
      expect((await ask(client, grpc)).headers.get('grpc-status')).toBe('0');
      expect(client.closed).toBe(false);
    },
  );

  it('but not beyond what may be, pass in both directions, with ever so many fields', async () => {
    await using h1 = await RecordingOrigin.start();
    const fields = Array.from({ length: 990 }, (_, index) => `x${index}: ${'v'.repeat(40)}\r\n`).join('');
    h1.script = { onRequest: (connection) => connection.send(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`) };
    await using wide = await startTestProxy({
      upstreams: { old: [h1.address] },
      settings: { limits: { fields: 1000, headBytes: 64 * KIB } },
    });
    const client = connect(`http://127.0.0.1:${wide.port}`, { maxHeaderListPairs: 2000 });
    const sent = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`x${index}`, 'v'.repeat(40)]));
    const answer = await ask(client, { ':path': '/old/', ...sent });
    expect([answer.status, [...answer.headers.keys()].filter((name) => name.startsWith('x')).length]).toEqual([
      200, 990,
    ]);
    expect(h1.requests[0]?.head.lines.filter((line) => /^x\d/.test(line))).toHaveLength(900);
    client.destroy();
  });
});

it('the settings of a session are told to its peer', async () => {
  await using proxy = await startTestProxy({
    upstreams: {},
    settings: {
      http2: {
        maxStreams: 7,
        streamWindowBytes: 100 * KIB,
        sessionWindowBytes: 2 ** 20,
        resetBurst: 10,
        resetsPerSecond: 1,
      },
    },
  });
  using client = h2Client(proxy.port);
  const settings = await new Promise<object>((resolve) => client.once('remoteSettings', resolve));
  expect(settings).toMatchObject({ maxConcurrentStreams: 7, initialWindowSize: 100 * KIB, enablePush: false });
});

it('sessions to instances are counted as connections: in use, idle, and their bytes', async () => {
  await using origin = await startH2Origin((stream, headers) => {
    if (headers[':path'] === '/held') return;
    stream.respond({ ':status': 200 });
    stream.end('x'.repeat(1000));
  });
  await using proxy = await startTestProxy({
    upstreams: { orders: [origin.address] },
    upstreamSettings: { orders: { protocol: 'http2' } },
  });
  using client = h2Client(proxy.port);
  await ask(client, { ':path': '/orders/' });
  const idle = await until('it to be idle', async () => {
    const reading = proxy.proxy.traffic().get('orders');
    return reading?.idle === 1 ? reading : undefined;
  });
  expect(idle.active).toBe(0);
  expect(idle.bytesRead).toBeGreaterThan(1000);
  expect(idle.bytesWritten).toBeGreaterThan(50);
  const held = client.request({ ':path': '/orders/held' });
  held.on('error', () => undefined);
  await until('it to be in use', async () => proxy.proxy.traffic().get('orders')?.active === 1);
  await origin.kill();
  await until('it to be gone', async () => proxy.proxy.traffic().get('orders')?.active === 0);
  const gone = proxy.proxy.traffic().get('orders');
  expect(gone).toMatchObject({ active: 0, idle: 0 });
  expect(gone?.bytesRead).toBeGreaterThanOrEqual(idle.bytesRead);
});
