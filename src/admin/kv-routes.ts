import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { decodeValue, textOf } from '../kv-config/config-value.ts';
import type { KvView } from '../kv-config/kv-view.ts';
import type { KvSeen } from '../kv-config/watched-key.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { problem } from './problem.ts';

/** Consul's own limit for a value. */
const MAX_VALUE_BYTES = 512 * 1024;
/** A comment is sent after so long a silence, so that dead connections are noticed. */
const SILENCE_MS = 15_000;
const MAX_FLAGS = 2n ** 64n - 1n;

/** What Consul's refusals are here; anything else means that Consul cannot be asked now. */
const STATUS: ReadonlyMap<string, ContentfulStatusCode> = new Map([
  ['consul_bad_request', 400],
  ['consul_permission_denied', 403],
  ['consul_too_large', 413],
]);

/**
 * `/v1/kv/KEY`: Consul's KV for apps in any language, through a view that watches what was read. Values are bytes, in
 * and out; `?json` reads and checks them as JSON; `?watch` is a stream of server-sent events. No value is ever logged.
 */
export function kvRoutes(kv: KvView): Hono {
  const app = new Hono();
  const path = '/v1/kv/:key{.+}';
  app.onError((error, context) => refusal(context, error));
  app.get(path, async (context) => {
    const key = context.req.param('key');
    if (context.req.query('watch') !== undefined) return events(context, kv, key);
    return answer(context, await kv.get(key, context.req.raw.signal));
  });
  app.put(path, async (context) => {
    const value = await bodyOf(context.req.raw);
    if (value === undefined) return problem(context, 413, 'Too large', `a value has at most ${MAX_VALUE_BYTES} bytes`);
    if (context.req.query('json') !== undefined && !isJson(value)) {
      return problem(
        context,
        400,
        'Not JSON',
        'with ?json the body has to be JSON; leave ?json out to store any bytes',
      );
    }
    const conditions = conditionsOf(context);
    if (typeof conditions === 'string') return problem(context, 400, 'Not a condition', conditions);
    const { cas, flags, isHeader } = conditions;
    return outcome(context, await kv.put(context.req.param('key'), value, { cas, flags }), isHeader);
  });
  app.delete(path, async (context) => {
    const conditions = conditionsOf(context);
    if (typeof conditions === 'string') return problem(context, 400, 'Not a condition', conditions);
    return outcome(context, await kv.delete(context.req.param('key'), { cas: conditions.cas }), conditions.isHeader);
  });
  return app;
}

function answer(context: Context, seen: KvSeen): Response {
  const { entry, isStale, ageMs } = seen;
  context.header('cache-control', 'no-store');
  context.header('age', String(Math.floor(ageMs / 1000)));
  if (isStale) context.header('pilotfish-stale', 'true');
  if (entry === undefined) return problem(context, 404, 'No such key', 'Consul’s KV has no such key');
  const etag = `"${entry.modifyIndex}"`;
  context.header('etag', etag);
  context.header('pilotfish-flags', String(entry.flags));
  if (context.req.header('if-none-match') === etag) return context.body(null, 304);
  if (context.req.query('json') === undefined) {
    context.header('x-content-type-options', 'nosniff');
    return context.body(Uint8Array.from(entry.value), 200, { 'content-type': 'application/octet-stream' });
  }
  const value = decodeValue(entry);
  if (!(value instanceof Uint8Array)) return context.json(value);
  return problem(context, 422, 'Not JSON', 'the value is neither JSON nor text; leave ?json out to get its bytes');
}

/** `value` and `missing` events; the first tells how the key is. */
function events(context: Context, kv: KvView, key: string): Response {
  const left = new AbortController();
  const asJson = context.req.query('json') !== undefined;
  const changes = kv.watch(key, left.signal);
  return streamSSE(context, async (stream) => {
    const heartbeat = setInterval(() => void stream.write(': still here\n\n'), SILENCE_MS);
    stream.onAbort(() => left.abort());
    try {
      for await (const seen of changes) {
        const { entry } = seen;
        const data = JSON.stringify({
          key,
          ...(entry === undefined ? {} : described(entry, asJson)),
          stale: seen.isStale,
        });
        await stream.writeSSE({ event: entry === undefined ? 'missing' : 'value', data });
      }
    } finally {
      clearInterval(heartbeat);
      left.abort();
    }
  });
}

function described(entry: NonNullable<KvSeen['entry']>, asJson: boolean): object {
  const { modifyIndex, flags } = entry;
  const value = asJson ? decodeValue(entry) : (textOf(entry.value) ?? entry.value);
  const isBytes = value instanceof Uint8Array;
  return {
    ...(isBytes ? { base64: entry.value.toString('base64') } : { value }),
    modifyIndex,
    // Text, since most JSON readers would change the number.
    flags: String(flags),
  };
}

/** The body, or undefined when it is too large; of that, a little more is read, so that the client hears the answer. */
async function bodyOf(request: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes <= MAX_VALUE_BYTES) chunks.push(chunk);
    else if (bytes > 4 * MAX_VALUE_BYTES) break;
  }
  return bytes > MAX_VALUE_BYTES ? undefined : Buffer.concat(chunks);
}

interface Conditions {
  readonly cas: number | undefined;
  readonly flags: bigint | undefined;
  /** HTTP's own conditions are answered as HTTP has it. */
  readonly isHeader: boolean;
}

/** Consul's `cas` and `flags`, or HTTP's `If-Match` and `If-None-Match: *`; a text says what is wrong. */
function conditionsOf(context: Context): Conditions | string {
  const match = context.req.header('if-match');
  const isNew = context.req.header('if-none-match') === '*';
  const cas = context.req.query('cas') ?? (isNew ? '0' : match?.replace(/^"|"$/g, ''));
  const flags = context.req.query('flags');
  if (cas !== undefined && !/^\d{1,15}$/.test(cas))
    return 'cas (or If-Match) is the version of the value, as its ETag tells';
  const number = flags === undefined ? undefined : /^\d{1,20}$/.test(flags) ? BigInt(flags) : -1n;
  if (number !== undefined && (number < 0n || number > MAX_FLAGS)) return 'flags is a number from 0 to 2^64-1';
  return {
    cas: cas === undefined ? undefined : Number(cas),
    flags: number,
    isHeader: context.req.query('cas') === undefined && cas !== undefined,
  };
}

/** `true` or `false`, as Consul answers. */
function outcome(context: Context, done: boolean, isHeader: boolean): Response {
  if (done || !isHeader) return context.json(done);
  return problem(context, 412, 'Another version', 'the value is not of the version that the request names');
}

function isJson(value: Uint8Array): boolean {
  try {
    JSON.parse(textOf(value) ?? '');
    return true;
  } catch {
    return false;
  }
}

function refusal(context: Context, error: Error): Response {
  const status = error instanceof CodedError ? (STATUS.get(error.code) ?? 503) : 500;
  if (status === 503) context.header('retry-after', '1');
  return problem(context, status, status === 503 ? 'Consul cannot be asked now' : 'Refused', error.message);
}
