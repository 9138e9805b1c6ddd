import { Flag, Frame, frame, hpack, hpackNumber, numberFrame, settingsFrame } from './h2-frames.ts';
import type { Dice } from './mutate.ts';

/** Something that a client may do to a connection. */
export interface H2Attack {
  readonly what: string;
  readonly bytes: Buffer;
  /** The connection must be ended for it. Else it must be borne: it is allowed, if of no use. */
  readonly ends: boolean;
}

type Make = (dice: Dice, stream: number) => Buffer;

const HEAD = hpack([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'localhost'],
  [':path', '/one/attack'],
]);
const opening = (stream: number) => frame(Frame.HEADERS, Flag.END_HEADERS, stream, HEAD);
const times = (count: number, make: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));

/** What breaks a rule for the whole connection (RFC 9113 §5.4.1), or costs more than it may. */
const ENDING: Readonly<Record<string, Make>> = {
  'DATA on stream 0': () => frame(Frame.DATA, 0, 0, 'x'),
  'HEADERS on stream 0': () => frame(Frame.HEADERS, Flag.END_HEADERS, 0, HEAD),
  'an even stream': (_, stream) => frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream + 1, HEAD),
  'DATA on an idle stream': (_, stream) => frame(Frame.DATA, 0, stream + 100, 'x'),
  'RST_STREAM on an idle stream': (_, stream) => numberFrame(Frame.RST_STREAM, stream + 100, 8),
  'WINDOW_UPDATE on an idle stream': (_, stream) => numberFrame(Frame.WINDOW_UPDATE, stream + 100, 8),
  'RST_STREAM on stream 0': () => numberFrame(Frame.RST_STREAM, 0, 8),
  'a short RST_STREAM': (_, stream) => Buffer.concat([opening(stream), frame(Frame.RST_STREAM, 0, stream, 'xyz')]),
  'SETTINGS of five bytes': () => frame(Frame.SETTINGS, 0, 0, 'hello'),
  'SETTINGS on a stream': (_, stream) => frame(Frame.SETTINGS, 0, stream),
  'an ACK of SETTINGS with content': () => frame(Frame.SETTINGS, Flag.ACK, 0, Buffer.alloc(6)),
  'a window of 2^31': () => settingsFrame([[4, 2 ** 31]]),
  'a largest frame of 100': () => settingsFrame([[5, 100]]),
  'a largest frame of 2^24': () => settingsFrame([[5, 2 ** 24]]),
  'ENABLE_PUSH 2': () => settingsFrame([[2, 2]]),
  'ENABLE_CONNECT_PROTOCOL 7': () => settingsFrame([[8, 7]]),
  'PING of seven bytes': () => frame(Frame.PING, 0, 0, 'seven77'),
  'PING on a stream': (_, stream) => frame(Frame.PING, 0, stream, '8 bytes!'),
  'a WINDOW_UPDATE of 0': () => numberFrame(Frame.WINDOW_UPDATE, 0, 0),
  'a connection window that overflows': () => numberFrame(Frame.WINDOW_UPDATE, 0, 2 ** 31 - 1),
  'stream windows that overflow by SETTINGS': (_, stream) =>
    Buffer.concat([
      opening(stream),
      numberFrame(Frame.WINDOW_UPDATE, stream, 2 ** 30),
      settingsFrame([[4, 2 ** 31 - 1]]),
    ]),
  PUSH_PROMISE: (_, stream) =>
    frame(Frame.PUSH_PROMISE, Flag.END_HEADERS, stream, Buffer.concat([Buffer.of(0, 0, 0, 2), HEAD])),
  'CONTINUATION of nothing': (_, stream) => frame(Frame.CONTINUATION, Flag.END_HEADERS, stream, HEAD),
  'a frame between HEADERS and CONTINUATION': (_, stream) =>
    Buffer.concat([frame(Frame.HEADERS, 0, stream, HEAD), frame(Frame.PING, 0, 0, '8 bytes!')]),
  'padding beyond the frame': (_, stream) =>
    Buffer.concat([opening(stream), frame(Frame.DATA, Flag.PADDED, stream, '\x09abc')]),
  'more content than was said': (dice, stream) =>
    Buffer.concat([
      frame(Frame.HEADERS, Flag.END_HEADERS, stream, Buffer.concat([HEAD, hpack([['content-length', '5']])])),
      frame(Frame.DATA, dice.of([0, Flag.END_STREAM]), stream, 'abcdefgh'),
    ]),
  'a frame beyond the largest': (_, stream) =>
    Buffer.concat([opening(stream), frame(Frame.DATA, 0, stream, Buffer.alloc(16_385))]),
  'an index beyond the tables': (_, stream) =>
    frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, hpackNumber(500, 7, 128)),
  'an index of 0': (_, stream) => frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, Buffer.of(128)),
  'a number without an end': (_, stream) =>
    frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, Buffer.alloc(30, 255)),
  'a text beyond the block': (_, stream) =>
    frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, Buffer.of(0, 100, 97)),
  'a table larger than allowed': (_, stream) =>
    frame(
      Frame.HEADERS,
      Flag.END_HEADERS | Flag.END_STREAM,
      stream,
      Buffer.concat([hpackNumber(2 ** 20, 5, 32), HEAD]),
    ),
  'Huffman padding that is none': (_, stream) =>
    frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream, Buffer.of(0, 0x81, 0, 0x81, 0)),
  'an old preface again': () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  'HTTP/1.1': () => Buffer.from('GET /one/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'a flood of PING': () => times(400, () => frame(Frame.PING, 0, 0, '8 bytes!')),
  'a flood of SETTINGS': () => times(400, () => settingsFrame([])),
  'CONTINUATION without an end': (_, stream) =>
    Buffer.concat([
      frame(Frame.HEADERS, 0, stream, HEAD),
      times(300, () => frame(Frame.CONTINUATION, 0, stream, hpack([['x-more', 'm'.repeat(1000)]]))),
    ]),
  'empty CONTINUATIONs without an end': (_, stream) =>
    Buffer.concat([frame(Frame.HEADERS, 0, stream, HEAD), times(300, () => frame(Frame.CONTINUATION, 0, stream))]),
  'rapid resets': (_, stream) =>
    times(1500, (index) =>
      Buffer.concat([
        frame(Frame.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, stream + 2 * index, HEAD),
        numberFrame(Frame.RST_STREAM, stream + 2 * index, 8),
      ]),
    ),
};

/** What is allowed, and must do no harm. */
const BEARABLE: Readonly<Record<string, Make>> = {
  PING: () => frame(Frame.PING, 0, 0, '8 bytes!'),
  PRIORITY: (dice, stream) => frame(Frame.PRIORITY, 0, stream + 2 * dice.below(50), Buffer.of(0, 0, 0, 0, 5)),
  'a flood of PRIORITY': (_, stream) =>
    times(2000, (index) => frame(Frame.PRIORITY, 0, stream + 2 * index, Buffer.of(0, 0, 0, 0, 5))),
  'a type that nobody knows': (dice, stream) => frame(0xbb, dice.below(256), dice.of([0, stream]), 'what?'),
  'a setting that nobody knows': () => settingsFrame([[0xf000, 1]]),
  SETTINGS: (dice) =>
    settingsFrame([
      [4, dice.of([1, 100, 65_535])],
      [3, 10],
    ]),
  WINDOW_UPDATE: () => numberFrame(Frame.WINDOW_UPDATE, 0, 1000),
  PRIORITY_UPDATE: () => frame(0x10, 0, 0, Buffer.concat([Buffer.of(0, 0, 0, 1), Buffer.from('u=1')])),
};

/** Something for which the connection must be ended. */
export function endingAttack(dice: Dice, stream: number): H2Attack {
  const what = dice.of(Object.keys(ENDING));
  return { what, bytes: (ENDING[what] as Make)(dice, stream), ends: true };
}

/** Something that must do no harm. */
export function bearableAttack(dice: Dice, stream: number): H2Attack {
  const what = dice.of(Object.keys(BEARABLE));
  return { what, bytes: (BEARABLE[what] as Make)(dice, stream), ends: false };
}
