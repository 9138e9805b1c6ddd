import { TOKEN_FOLDED } from './bytes.ts';

/** The fields that the engine or the proxy acts on; every other one is `OTHER` and is passed on unread. */
export const Field = {
  OTHER: 0,
  HOST: 1,
  CONTENT_LENGTH: 2,
  TRANSFER_ENCODING: 3,
  CONNECTION: 4,
  UPGRADE: 5,
  EXPECT: 6,
  TE: 7,
  KEEP_ALIVE: 8,
  PROXY_CONNECTION: 9,
  PROXY_AUTHORIZATION: 10,
  PROXY_AUTHENTICATE: 11,
  HTTP2_SETTINGS: 12,
  FORWARDED: 13,
  X_FORWARDED: 14,
  X_REAL_IP: 15,
  VIA: 16,
  ORIGIN: 17,
  SEC_FETCH_SITE: 18,
  TRACEPARENT: 19,
  IDEMPOTENCY_KEY: 20,
  COOKIE: 21,
  AUTHORIZATION: 22,
  SET_COOKIE: 23,
  TRAILER: 24,
  X_FORWARDED_FOR: 25,
  X_FORWARDED_HOST: 26,
  X_FORWARDED_PROTO: 27,
  /** Spelt with `_` where the real one has `-`: never believed, never passed on. */
  LOOK_ALIKE: 28,
  /** This and all after it belong to trace context. */
  TRACESTATE: 29,
  B3: 30,
  X_B3: 31,
} as const;

/** One of {@link Field}. */
export type FieldId = (typeof Field)[keyof typeof Field];

const names: readonly (readonly [string, FieldId])[] = [
  ['host', Field.HOST],
  ['content-length', Field.CONTENT_LENGTH],
  ['transfer-encoding', Field.TRANSFER_ENCODING],
  ['connection', Field.CONNECTION],
  ['upgrade', Field.UPGRADE],
  ['expect', Field.EXPECT],
  ['te', Field.TE],
  ['keep-alive', Field.KEEP_ALIVE],
  ['proxy-connection', Field.PROXY_CONNECTION],
  ['proxy-authorization', Field.PROXY_AUTHORIZATION],
  ['proxy-authenticate', Field.PROXY_AUTHENTICATE],
  ['http2-settings', Field.HTTP2_SETTINGS],
  ['forwarded', Field.FORWARDED],
  ['x-real-ip', Field.X_REAL_IP],
  ['via', Field.VIA],
  ['origin', Field.ORIGIN],
  ['sec-fetch-site', Field.SEC_FETCH_SITE],
  ['traceparent', Field.TRACEPARENT],
  ['idempotency-key', Field.IDEMPOTENCY_KEY],
  ['cookie', Field.COOKIE],
  ['authorization', Field.AUTHORIZATION],
  ['set-cookie', Field.SET_COOKIE],
  ['trailer', Field.TRAILER],
  ['tracestate', Field.TRACESTATE],
  ['b3', Field.B3],
  ['x-b3-traceid', Field.X_B3],
  ['x-b3-spanid', Field.X_B3],
  ['x-b3-parentspanid', Field.X_B3],
  ['x-b3-sampled', Field.X_B3],
  ['x-b3-flags', Field.X_B3],
  ['x-forwarded-for', Field.X_FORWARDED_FOR],
  ['x-forwarded-host', Field.X_FORWARDED_HOST],
  ['x-forwarded-proto', Field.X_FORWARDED_PROTO],
];

/** A table by {@link FieldId} with 1 for `ids`, as {@link FieldBlock.kept} takes it; look-alikes are always marked. */
export function dropTable(ids: readonly FieldId[]): Uint8Array {
  const table = new Uint8Array(32);
  for (const id of ids) table[id] = 1;
  table[Field.LOOK_ALIKE] = 1;
  return table;
}

const BUCKETS = 1024;
/** Index into `names` plus 1, by hash; a collision would be found at load. */
const byHash: Uint8Array = new Uint8Array(BUCKETS);
/** `x`, with which the other names begin that are looked at. */
const X = 0x78;
const X_FORWARDED_PREFIX = 'x-forwarded';

/** Told apart by three letters and the length; chosen so that none of our names collide, nor do common others. */
function bucketOf(first: number, middle: number, last: number, length: number): number {
  return (first + last + middle * 3 + length * 65) & (BUCKETS - 1);
}

for (const [index, [name]] of names.entries()) {
  const { length } = name;
  const bucket = bucketOf(name.charCodeAt(0), name.charCodeAt(length >> 1), name.charCodeAt(length - 1), length);
  if (byHash[bucket] !== 0) throw new Error(`field table: ${name} collides; choose another hash`);
  byHash[bucket] = index + 1;
}

/** Tells which field the name in `bytes[start, end)` is, whatever its case and whether it is spelt with `-` or `_`. */
export function fieldAt(bytes: Uint8Array, start: number, end: number): FieldId {
  const length = end - start;
  const first = TOKEN_FOLDED[bytes[start] as number] as number;
  const middle = TOKEN_FOLDED[bytes[start + (length >> 1)] as number] as number;
  const place = byHash[bucketOf(first, middle, TOKEN_FOLDED[bytes[end - 1] as number] as number, length)] as number;
  if (place !== 0) {
    const [name, id] = names[place - 1] as readonly [string, FieldId];
    if (matches(bytes, start, end, name)) return id;
  }
  if (first !== X) return Field.OTHER;
  const prefixEnd = start + X_FORWARDED_PREFIX.length;
  if (end >= prefixEnd && matches(bytes, start, prefixEnd, X_FORWARDED_PREFIX)) {
    return Field.X_FORWARDED;
  }
  return Field.OTHER;
}

function matches(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let at = start; at < end; at++) {
    if (TOKEN_FOLDED[bytes[at] as number] !== name.charCodeAt(at - start)) return false;
  }
  return true;
}
