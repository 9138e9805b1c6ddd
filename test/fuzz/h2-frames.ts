/** Frame types (RFC 9113 §6). */
export const Frame = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags that are used here. `ACK` is `END_STREAM` on SETTINGS and PING. */
export const Flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A name and its value; whatever bytes they are. */
export type Fields = readonly (readonly [string, string])[];

/** A frame as it stood on the wire. */
export interface ReadFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** The bytes of a frame. A string is taken byte by byte. */
export function frame(type: number, flags: number, stream: number, payload: string | Buffer = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
}

/** A frame whose payload is one number of 32 bits: WINDOW_UPDATE, RST_STREAM. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frame(type, 0, stream, payload);
}

/** A SETTINGS frame of numbers and values. */
export function settingsFrame(settings: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(Frame.SETTINGS, 0, 0, payload);
}

/** Fields in HPACK (RFC 7541), each a literal that is added to no table, so that any bytes can be said. */
export function hpack(fields: Fields): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

/** A number with `bits` bits in its first byte, `first` over it (RFC 7541 §5.1). */
export function hpackNumber(value: number, bits: number, first: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.of(first | value);
  const bytes = [first | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([hpackNumber(bytes.length, 7, 0), bytes]);
}

/** The whole frames at the start of `bytes`. */
export function readFrames(bytes: Buffer): readonly ReadFrame[] {
  const frames: ReadFrame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const size = bytes.readUIntBE(at, 3);
    if (at + 9 + size > bytes.length) break;
    const [type, flags, stream] = [bytes.readUInt8(at + 3), bytes.readUInt8(at + 4), bytes.readUInt32BE(at + 5)];
    frames.push({ type, flags, stream: stream & 0x7fffffff, payload: bytes.subarray(at + 9, at + 9 + size) });
    at += 9 + size;
  }
  return frames;
}

/** Statuses that have a number of their own in HPACK's static table (RFC 7541 Appendix A), from 8 on. */
const STATIC_STATUSES = [200, 204, 206, 304, 400, 404, 500];

/** The status that a block of fields begins with; 0 when it is one that is not in the static table. */
export function statusIn(block: Buffer): number {
  let at = 0;
  // Changes of the dynamic table's size may stand before it.
  while (((block[at] ?? 0) & 0xe0) === 0x20) {
    if (((block[at] ?? 0) & 0x1f) === 0x1f) while (((block[++at] ?? 0) & 0x80) !== 0);
    at += 1;
  }
  const first = block[at] ?? 0;
  return (first & 0x80) === 0 ? 0 : (STATIC_STATUSES[(first & 0x7f) - 8] ?? 0);
}
