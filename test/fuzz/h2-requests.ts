import { type Fields, Flag, Frame, frame, hpack, numberFrame } from './h2-frames.ts';
import type { Dice } from './mutate.ts';

/**
 * What is to become of a request: answered with what it says; kept from every origin; broken off, so that it is at most
 * the beginning of a request at an origin; or taken back by its caller, so that anything may be.
 */
export type Expectation = 'answered' | 'refused' | 'broken' | 'any';

/** A request over HTTP/2, made of frames. */
export interface H2Request {
  readonly stream: number;
  /** Its field x-id: known again at the origin. */
  readonly id: string;
  readonly isIdempotent: boolean;
  readonly body: string;
  readonly expected: Expectation;
  /** All fields and their continuations, then one frame each. Those of several requests may be sent in turns. */
  readonly units: readonly Buffer[];
  /** What was done to it, for people. */
  readonly what: string;
}

/** Who the request is, and where it goes. */
export interface H2RequestOptions {
  readonly stream: number;
  readonly id: string;
}

type Parts = { -readonly [key in 'method' | 'path' | 'authority' | 'scheme']: string };

/** Two of a field that may come once: node:http2 takes it in and will not send it on. */
const DOUBLED: Fields = [
  ['etag', '"a"'],
  ['etag', '"b"'],
];
const BODIES = ['', 'x', 'hello', 'GET /one/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n', '0\r\n\r\n', 'y'.repeat(1500)];

/** A request that is as it should be, in one of the many ways that there are. */
export function goodRequest(dice: Dice, { stream, id }: H2RequestOptions): H2Request {
  const parts = partsOf(dice);
  const body = parts.method === 'GET' ? '' : dice.of(BODIES);
  const more: [string, string][] = [];
  if (dice.once(3)) more.push(['cookie', 'a=b'], ['cookie', 'c=d']);
  if (dice.once(4)) more.push(['te', 'trailers']);
  if (dice.once(4)) more.push(['x-empty', '']);
  if (dice.once(4)) more.push(['host', parts.authority]);
  if (body !== '' && dice.once(2)) more.push(['content-length', String(body.length)]);
  const hasTrailers = body !== '' && dice.once(4);
  const trailers = frame(
    Frame.HEADERS,
    Flag.END_HEADERS | Flag.END_STREAM,
    stream,
    hpack(dice.once(3) ? DOUBLED : [['x-t', 't']]),
  );
  const units = [
    headers(dice, stream, [...pseudo(parts), ['x-id', id], ...more], body === ''),
    ...data(dice, stream, body, !hasTrailers),
    ...(hasTrailers ? [trailers] : []),
  ];
  const isIdempotent = parts.method !== 'POST';
  return { stream, id, isIdempotent, body, expected: 'answered', units, what: `${parts.method} ${parts.path}` };
}

/** Ways in which a request is none (RFC 9113 §8.1.1, and what HTTP/1.1 makes of its fields). */
const FLAWS: Readonly<Record<string, (fields: [string, string][], parts: Parts) => [string, string][]>> = {
  'an upper-case name': (fields) => [...fields, ['X-Upper', '1']],
  'no :method': (fields) => fields.filter(([name]) => name !== ':method'),
  'no :path': (fields) => fields.filter(([name]) => name !== ':path'),
  'no :scheme': (fields) => fields.filter(([name]) => name !== ':scheme'),
  'no authority': (fields) => fields.filter(([name]) => name !== ':authority'),
  'two :path': (fields) => [[':path', '/one/other'], ...fields],
  'two :authority': (fields) => [[':authority', 'evil.test'], ...fields],
  'an unknown pseudo-field': (fields) => [[':unknown', '1'], ...fields],
  ':status in a request': (fields) => [[':status', '200'], ...fields],
  'a pseudo-field after others': (fields) => [...fields.slice(1), fields[0] ?? ['', '']],
  ':protocol': (fields) => [[':protocol', 'websocket'], ...fields],
  connection: (fields) => [...fields, ['connection', 'close']],
  'transfer-encoding': (fields) => [...fields, ['transfer-encoding', 'chunked']],
  'keep-alive': (fields) => [...fields, ['keep-alive', 'timeout=5']],
  upgrade: (fields) => [...fields, ['upgrade', 'websocket']],
  'proxy-connection': (fields) => [...fields, ['proxy-connection', 'keep-alive']],
  'te other than trailers': (fields) => [...fields, ['te', 'gzip']],
  'host against :authority': (fields) => [...fields, ['host', 'other.localhost']],
  'two hosts': (fields) => [...fields, ['host', 'localhost'], ['host', 'localhost']],
  'an empty :path': (fields) => set(fields, ':path', ''),
  'a :path without /': (fields) => set(fields, ':path', 'one/x'),
  'an absolute :path': (fields) => set(fields, ':path', 'http://localhost/one/x'),
  'a space in :path': (fields) => set(fields, ':path', '/one/x y'),
  'a line break in :path': (fields) => set(fields, ':path', '/one/x\r\nX-Smuggled: 1'),
  'a fragment in :path': (fields) => set(fields, ':path', '/one/x#y'),
  'a space in :method': (fields) => set(fields, ':method', 'GET /one/z HTTP/1.1\r\nx: y'),
  'an empty :method': (fields) => set(fields, ':method', ''),
  TRACE: (fields) => set(fields, ':method', 'TRACE'),
  CONNECT: (fields) => set(fields, ':method', 'CONNECT'),
  'user information': (fields) => set(fields, ':authority', 'user@localhost'),
  'a path in :authority': (fields) => set(fields, ':authority', 'localhost/one'),
  'a list as :authority': (fields) => set(fields, ':authority', 'localhost, one.localhost'),
  'two content-lengths': (fields) => [...fields, ['content-length', '0'], ['content-length', '5']],
  'no number as content-length': (fields) => [...fields, ['content-length', '+5']],
  'a foreign Origin': (fields) => [...fields, ['origin', 'https://evil.test']],
  'more fields than the limit': (fields) => [...fields, ...repeated(300, ['x-many', '1'])],
  'a head beyond the limit': (fields) => [...fields, ...repeated(100, ['x-big', 'b'.repeat(1000)])],
};

/**
 * Fields that are none, which nghttp2 leaves out without a word to whoever uses it (RFC 9113 §8.2.1 would have the request
 * refused): the request goes on without them.
 */
const LEFT_OUT: readonly [string, string][] = [
  ['x-smuggled', 'b\r\nx-smuggled: 1'],
  ['x-smuggled', 'b\0c'],
  ['x smuggled', 'b'],
  ['x:smuggled', 'b'],
  ['x\r\nsmuggled', 'b'],
  ['', 'smuggled'],
];

/** A good request with a field that must not reach any origin. */
export function withField(dice: Dice, options: H2RequestOptions): H2Request {
  const parts = partsOf(dice);
  const field = dice.of(LEFT_OUT);
  const fields: Fields = [...pseudo(parts), ['x-id', options.id], field];
  const units = [headers(dice, options.stream, fields, true)];
  const isIdempotent = parts.method !== 'POST';
  return { ...options, isIdempotent, body: '', expected: 'answered', units, what: `a field ${JSON.stringify(field)}` };
}

/** A request that must reach no origin. */
export function badRequest(dice: Dice, { stream, id }: H2RequestOptions): H2Request {
  const what = dice.of(Object.keys(FLAWS));
  const parts = partsOf(dice);
  const fields: [string, string][] = [...pseudo(parts), ['x-id', id]];
  const flawed = FLAWS[what]?.(fields, parts) ?? fields;
  const isEnd = parts.method === 'GET' || dice.once(2);
  const units = [headers(dice, stream, flawed, isEnd), ...(isEnd ? [] : data(dice, stream, 'x', true))];
  return { stream, id, isIdempotent: true, body: '', expected: 'refused', units, what };
}

/** A request that says how long its body is, and whose body is shorter. */
export function wrongLength(dice: Dice, { stream, id }: H2RequestOptions): H2Request {
  const parts: Parts = { ...partsOf(dice), method: 'POST' };
  const sent = dice.of(['', 'abc']);
  const fields: Fields = [...pseudo(parts), ['x-id', id], ['content-length', '5']];
  const units = [headers(dice, stream, fields, sent === ''), ...data(dice, stream, sent, true)];
  return {
    stream,
    id,
    isIdempotent: false,
    body: '',
    expected: sent === '' ? 'refused' : 'broken',
    units,
    what: `5 bytes that are ${sent.length}`,
  };
}

/** A request that its caller takes back. */
export function cancelled(dice: Dice, { stream, id }: H2RequestOptions): H2Request {
  const good = goodRequest(dice, { stream, id });
  const sent = good.units.slice(0, 1 + dice.below(good.units.length));
  const units = [...sent, numberFrame(Frame.RST_STREAM, stream, dice.of([0, 5, 8]))];
  return { ...good, expected: 'any', units, what: `cancelled ${good.what}` };
}

function partsOf(dice: Dice): Parts {
  const method = dice.of(['GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE']);
  const path = dice.of(['/one/a', '/two/a', '/one/a?b=c', '/two//d', '/one', '/two/%zz']);
  return { method, path, authority: 'localhost', scheme: 'http' };
}

function pseudo({ method, path, authority, scheme }: Parts): [string, string][] {
  return [
    [':method', method],
    [':scheme', scheme],
    [':authority', authority],
    [':path', path],
  ];
}

/** HEADERS, perhaps padded, with a priority, and cut into CONTINUATIONs. */
function headers(dice: Dice, stream: number, fields: Fields, isEnd: boolean): Buffer {
  const block = hpack(fields);
  const isCut = dice.once(4);
  // More than eight CONTINUATIONs end the connection, so a long block is cut into pieces as long as they may be.
  const isLong = block.length > 16_000;
  const size = isLong ? 16_000 : isCut ? 1 + dice.below(block.length) : block.length;
  const flags = (isEnd ? Flag.END_STREAM : 0) | (size === block.length ? Flag.END_HEADERS : 0);
  const priority = dice.once(6) ? Buffer.of(0, 0, 0, 0, dice.below(256)) : undefined;
  const padding = dice.once(6) ? dice.below(100) : undefined;
  const first = Buffer.concat([
    padding === undefined ? Buffer.alloc(0) : Buffer.of(padding),
    priority ?? Buffer.alloc(0),
    block.subarray(0, size),
    Buffer.alloc(padding ?? 0),
  ]);
  const extra = (padding === undefined ? 0 : Flag.PADDED) | (priority === undefined ? 0 : Flag.PRIORITY);
  const frames = [frame(Frame.HEADERS, flags | extra, stream, first)];
  for (let at = size; at < block.length; ) {
    const next = Math.min(block.length, at + (isLong ? 16_000 : 1 + dice.below(block.length)));
    frames.push(
      frame(Frame.CONTINUATION, next === block.length ? Flag.END_HEADERS : 0, stream, block.subarray(at, next)),
    );
    at = next;
  }
  return Buffer.concat(frames);
}

/** A body in DATA frames of random sizes, now and then padded. */
function data(dice: Dice, stream: number, body: string, isEnd: boolean): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const piece = body.slice(at, at + 1 + dice.below(body.length));
    at += piece.length;
    const flags = isEnd && at === body.length ? Flag.END_STREAM : 0;
    if (dice.once(6)) frames.push(frame(Frame.DATA, 0, stream));
    if (dice.once(6)) frames.push(frame(Frame.DATA, flags | Flag.PADDED, stream, `\x03${piece}\0\0\0`));
    else frames.push(frame(Frame.DATA, flags, stream, piece));
  }
  return frames;
}

function set(fields: [string, string][], name: string, value: string): [string, string][] {
  return fields.map(([other, before]) => (other === name ? [name, value] : [other, before]));
}

function repeated(times: number, field: [string, string]): [string, string][] {
  return Array.from({ length: times }, () => field);
}
