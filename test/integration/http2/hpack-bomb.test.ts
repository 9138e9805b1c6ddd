import { expect, test } from 'vitest';
import {
  Flag,
  Frame,
  frame,
  hpack,
  hpackNumber,
  type ReadFrame,
  readFrames,
  settingsFrame,
} from '../../fuzz/h2-frames.ts';
import { RawClient } from '../../support/raw-client.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const ENHANCE_YOUR_CALM = 11;
const head = (path: string) =>
  hpack([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', path],
  ]);
/** Takes almost the whole table of 4,096 bytes, and is number 62 from then on (RFC 7541 §6.2.1). */
const entry = Buffer.concat([Buffer.of(0x40), hpack([['x-bomb', 'b'.repeat(4000)]]).subarray(1)]);
const bomb = (references: number) =>
  Buffer.concat([head('/orders/bomb'), entry, ...Array.from({ length: references }, () => hpackNumber(62, 7, 128))]);

const ENDED = Flag.END_HEADERS | Flag.END_STREAM;
const isAnswer = ({ type, stream }: ReadFrame) => stream === 1 && (type === Frame.HEADERS || type === Frame.RST_STREAM);

test.each([
  ['answered with 431', 100, ({ type, payload }: ReadFrame) => type === Frame.HEADERS && payload.includes('431')],
  [
    'reset',
    4000,
    ({ type, payload }: ReadFrame) => type === Frame.RST_STREAM && payload.readUInt32BE() === ENHANCE_YOUR_CALM,
  ],
])(
  'a field of 4,000 bytes that is referred to again and again counts each time: %s',
  async (_how, references, isRight) => {
    await using origin = await RecordingOrigin.start();
    await using server = await startTestProxy({ upstreams: { orders: [origin.address] } });
    await using client = await RawClient.connect(server);
    const request = frame(Frame.HEADERS, ENDED, 1, bomb(references));
    await client.write(Buffer.concat([PREFACE, settingsFrame([]), request]));
    const answer = await until('an answer to it', async () => readFrames(client.unread).find(isAnswer));
    expect(isRight(answer)).toBe(true);
    await client.write(frame(Frame.HEADERS, ENDED, 3, head('/orders/next')));
    await until('the next request to be answered', async () =>
      readFrames(client.unread).find(({ type, stream }) => type === Frame.HEADERS && stream === 3),
    );
    expect(origin.requests.map(({ target }) => target)).toEqual(['/next']);
  },
);
