import { seededRandom } from '../../src/runtime/random.ts';
import { type Fields, Flag, Frame, frame, hpack, numberFrame, settingsFrame } from './h2-frames.ts';
import { Dice, pieces } from './mutate.ts';
import type { FrameAnswer } from './raw-h2-origin.ts';

/** What a server says to one call. */
export interface GrpcAnswer extends FrameAnswer {
  /** The message, if the answer is whole and its status is OK; undefined when the caller must not take it for that. */
  readonly message: string | undefined;
  /** Other calls on the same session may fail for it. */
  readonly endsSession: boolean;
  readonly what: string;
}

/** Calls made at the same time, and what the server says to each, made from a seed. */
export interface GrpcCase {
  readonly seed: number;
  readonly answers: readonly GrpcAnswer[];
}

const HEAD: Fields = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
const TRAILERS: Fields = [
  ['grpc-status', '0'],
  ['grpc-message', ''],
];
/** Two of a field that may come once: node:http2 takes it in and will not send it on. */
const DOUBLED: Fields = [
  ['etag', '"a"'],
  ['etag', '"b"'],
];
const NOT_FOUND: Fields = [['grpc-status', '5']];
const END = Flag.END_HEADERS | Flag.END_STREAM;
const head = (stream: number, fields: Fields = HEAD) => frame(Frame.HEADERS, Flag.END_HEADERS, stream, hpack(fields));
const trailers = (stream: number, fields: Fields = TRAILERS) => frame(Frame.HEADERS, END, stream, hpack(fields));
const data = (stream: number, text: string, flags = 0) => frame(Frame.DATA, flags, stream, text);
const times = (count: number, one: Buffer) => Buffer.concat(Array.from({ length: count }, () => one));

/** Ways in which the answer to one call is none; other calls are to be as if nothing were. */
const FOR_A_STREAM: Readonly<Record<string, (stream: number) => readonly Buffer[]>> = {
  'no trailers': (s) => [head(s), data(s, 'message', Flag.END_STREAM)],
  'no trailers, no message': (s) => [frame(Frame.HEADERS, END, s, hpack(HEAD))],
  'a status that is no number': (s) => [head(s), data(s, 'message'), trailers(s, [['grpc-status', 'fine']])],
  'an empty status': (s) => [head(s), data(s, 'message'), trailers(s, [['grpc-status', '']])],
  'a status of 99': (s) => [head(s), data(s, 'message'), trailers(s, [['grpc-status', '99']])],
  'a status of -1': (s) => [head(s), data(s, 'message'), trailers(s, [['grpc-status', '-1']])],
  'a status of 14': (s) => [head(s), data(s, 'message'), trailers(s, [['grpc-status', '14']])],
  'two statuses': (s) => [
    head(s),
    trailers(s, [
      ['grpc-status', '5'],
      ['grpc-status', '0'],
    ]),
  ],
  'trailers alone': (s) => [trailers(s, [...HEAD, ['grpc-status', '5']])],
  'trailers with :status': (s) => [head(s), data(s, 'message'), trailers(s, [[':status', '200'], ...TRAILERS])],
  'trailers with a name in capitals': (s) => [head(s), data(s, 'message'), trailers(s, [['Grpc-Status', '0']])],
  'trailers without an end': (s) => [head(s), data(s, 'message'), head(s, TRAILERS)],
  'a reset before the answer': (s) => [numberFrame(Frame.RST_STREAM, s, 2)],
  'a reset after the head': (s) => [head(s), numberFrame(Frame.RST_STREAM, s, 2)],
  'a reset before the trailers': (s) => [head(s), data(s, 'message'), numberFrame(Frame.RST_STREAM, s, 8)],
  'less content than was said': (s) => [head(s, [...HEAD, ['content-length', '9']]), data(s, 'mess'), trailers(s)],
  'a head with a field twice': (s) => [head(s, [...HEAD, ...DOUBLED]), data(s, 'message'), trailers(s)],
  'trailers with a field twice': (s) => [head(s), data(s, 'message'), trailers(s, [...TRAILERS, ...DOUBLED])],
  'no :status': (s) => [head(s, [['content-type', 'application/grpc']]), trailers(s)],
  'a :status of abc': (s) => [head(s, [[':status', 'abc']]), trailers(s)],
  'a :status of 99': (s) => [head(s, [[':status', '99']]), trailers(s)],
  'a :status of 1000': (s) => [head(s, [[':status', '1000']]), trailers(s)],
  'a :status of 101': (s) => [head(s, [[':status', '101']]), trailers(s)],
  'two :status': (s) => [head(s, [[':status', '200'], ...HEAD]), trailers(s)],
  'an HTTP 503': (s) => [head(s, [[':status', '503']]), data(s, 'sorry', Flag.END_STREAM)],
  connection: (s) => [head(s, [...HEAD, ['connection', 'close']]), data(s, 'message'), trailers(s)],
  'transfer-encoding': (s) => [head(s, [...HEAD, ['transfer-encoding', 'chunked']]), data(s, 'message'), trailers(s)],
  'a message cut off': (s) => [head(s), frame(Frame.DATA, 0, s, 'mess'), numberFrame(Frame.RST_STREAM, s, 0)],
  silence: () => [],
  'silence after the head': (s) => [head(s)],
  'silence before the trailers': (s) => [head(s), data(s, 'message')],
};

/** Ways that break the session: whatever else is under way on it may fail. */
const FOR_THE_SESSION: Readonly<Record<string, (stream: number) => readonly Buffer[]>> = {
  'content after the trailers': (s) => [head(s), Buffer.concat([trailers(s, NOT_FOUND), data(s, 'more')])],
  'more content than was said': (s) => [head(s, [...HEAD, ['content-length', '3']]), data(s, 'message'), trailers(s)],
  'a head that is no HPACK': (s) => [frame(Frame.HEADERS, Flag.END_HEADERS, s, Buffer.alloc(20, 255))],
  'trailers that are no HPACK': (s) => [
    head(s),
    data(s, 'message'),
    frame(Frame.HEADERS, END, s, Buffer.alloc(20, 255)),
  ],
  'interim answers without an end': (s) => [times(5000, head(s, [[':status', '103']]))],
  'trailers that are too large': (s) => [
    head(s),
    data(s, 'message'),
    frame(Frame.HEADERS, Flag.END_STREAM, s, hpack(TRAILERS)),
    times(6, frame(Frame.CONTINUATION, 0, s, hpack([['x', 'y'.repeat(15_000)]]))),
    frame(Frame.CONTINUATION, Flag.END_HEADERS, s),
  ],
  'CONTINUATIONs without an end': (s) => [
    frame(Frame.HEADERS, 0, s, hpack(HEAD)),
    times(500, frame(Frame.CONTINUATION, 0, s, hpack([['x', 'y'.repeat(500)]]))),
  ],
  'a promise': (s) => [
    frame(Frame.PUSH_PROMISE, Flag.END_HEADERS, s, Buffer.concat([Buffer.of(0, 0, 0, 2), hpack(HEAD)])),
  ],
  'content beyond the window': (s) => [head(s), times(60, data(s, 'x'.repeat(16_384)))],
  'a window that overflows': (s) => [head(s), numberFrame(Frame.WINDOW_UPDATE, 0, 2 ** 31 - 1)],
  'a frame that is too large': (s) => [head(s), data(s, 'x'.repeat(20_000)), trailers(s)],
  'SETTINGS that are none': () => [frame(Frame.SETTINGS, 0, 0, 'hello')],
  'a largest frame of 1': () => [settingsFrame([[5, 1]])],
  'no streams from now on': (s) => [settingsFrame([[3, 0]]), head(s), data(s, 'message'), trailers(s, NOT_FOUND)],
  'GOAWAY before the answer': () => [frame(Frame.GOAWAY, 0, 0, Buffer.alloc(8))],
  'GOAWAY after the head': (s) => [head(s), frame(Frame.GOAWAY, 0, 0, Buffer.alloc(8))],
  'HTTP/1.1': () => [Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')],
};

/** An answer that is as it should be. */
export const CLEAN: GrpcAnswer = {
  pieces: (s) => [head(s), data(s, 'clean'), trailers(s)],
  afterwards: 'stay',
  message: 'clean',
  endsSession: false,
  what: 'clean',
};

/** Makes the case of a seed. */
export function grpcCase(seed: number): GrpcCase {
  const dice = new Dice(seededRandom(seed));
  const answers = Array.from({ length: 1 + dice.below(4) }, (_, index) => answerOf(dice, `message ${seed}-${index}`));
  return { seed, answers };
}

function answerOf(dice: Dice, message: string): GrpcAnswer {
  const kind = dice.below(8);
  if (kind < 3) return goodAnswer(dice, message);
  if (kind < 5) return flawed(dice, FOR_A_STREAM, false);
  if (kind < 6) return flawed(dice, FOR_THE_SESSION, true);
  return brokenOff(dice, goodAnswer(dice, message), kind === 7);
}

function goodAnswer(dice: Dice, message: string): GrpcAnswer {
  const [interim, cut, padded] = [dice.once(5), dice.below(message.length), dice.once(4)];
  const seed = dice.below(2 ** 31);
  const whole = (stream: number) => {
    const second = message.slice(cut);
    return Buffer.concat([
      ...(interim ? [head(stream, [[':status', '103'], ...(padded ? DOUBLED : [['link', '</a>'] as const])])] : []),
      head(stream),
      data(stream, message.slice(0, cut)),
      padded ? frame(Frame.DATA, Flag.PADDED, stream, `\x02${second}\0\0`) : data(stream, second),
      trailers(stream),
    ]);
  };
  const cutUp = (stream: number) => pieces(whole(stream), new Dice(seededRandom(seed)));
  return { pieces: cutUp, afterwards: 'stay', message, endsSession: false, what: 'good' };
}

function flawed(
  dice: Dice,
  kinds: Readonly<Record<string, (stream: number) => readonly Buffer[]>>,
  endsSession: boolean,
): GrpcAnswer {
  const what = dice.of(Object.keys(kinds));
  const make = kinds[what] ?? (() => []);
  return { pieces: make, afterwards: 'stay', message: undefined, endsSession, what };
}

/** A good answer whose connection ends somewhere in it, or some bytes of which were changed. */
function brokenOff(dice: Dice, good: GrpcAnswer, isChanged: boolean): GrpcAnswer {
  const [share, byte] = [dice.below(1000) / 1000, dice.below(256)];
  const broken = (stream: number) => {
    const bytes = Buffer.concat(good.pieces(stream));
    const at = Math.floor(share * bytes.length);
    return isChanged ? [bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + 1)] : [bytes.subarray(0, at)];
  };
  // A changed length would let a frame swallow the answers of the next calls.
  const afterwards = dice.of(['end', 'reset'] as const);
  const what = isChanged ? 'a byte changed' : `broken off by ${afterwards}`;
  return { pieces: broken, afterwards, message: undefined, endsSession: true, what };
}
