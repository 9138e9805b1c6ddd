import type { IncomingMessage, ServerResponse } from 'node:http';
import { DecodeError, decodeBody } from '../wire/decode.ts';
import type { JsonValue } from '../wire/json-value.ts';
import { badRequest, Refusal } from '../wire/refusal.ts';

/** The largest body of any request; a KV value or a transaction may be half a MiB. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** One request as the routes see it: path and query decoded once, the body read on demand. */
export class RegistryRequest {
  readonly method: string;
  /** The decoded path after the route's fixed part, as `a/b` of `/v1/kv/a/b`. */
  readonly rest: string;
  readonly query: URLSearchParams;
  /** Aborts when the client has gone or the registry closes. */
  readonly signal: AbortSignal;
  readonly #incoming: IncomingMessage;

  constructor(source: { incoming: IncomingMessage; outgoing: ServerResponse; rest: string; closing: AbortSignal }) {
    this.#incoming = source.incoming;
    this.method = source.incoming.method ?? 'GET';
    this.rest = source.rest;
    this.query = queryOf(source.incoming.url ?? '');
    this.signal = abortOnClose(source.outgoing, source.closing);
  }

  /** The length the client announced; undefined for a chunked body. */
  get contentLength(): number | undefined {
    const length = this.#incoming.headers['content-length'];
    return length === undefined ? undefined : Number(length);
  }

  /** The whole body. @throws Refusal 413 beyond 8 MiB */
  async body(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.#incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) throw new Refusal(413, `Request body too large, max size: ${MAX_BODY_BYTES} bytes.`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** The body as JSON. @throws Refusal 400 `Request decode failed: …` */
  async json(): Promise<JsonValue> {
    const body = await this.body();
    return asDecodeFailure(() => decodeBody(body));
  }
}

/** Runs a decoder, turning what it complains about into a 400 with Consul's prefix. */
export function asDecodeFailure<T>(decode: () => T, prefix = 'Request decode failed: '): T {
  try {
    return decode();
  } catch (error) {
    throw error instanceof DecodeError ? badRequest(`${prefix}${error.message}`) : error;
  }
}

/** All behind the first question mark: a further one is part of a value. */
function queryOf(target: string): URLSearchParams {
  const mark = target.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
}

function abortOnClose(outgoing: ServerResponse, closing: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  outgoing.once('close', () => {
    closing.removeEventListener('abort', abort);
    abort();
  });
  closing.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
