import { type Dispatcher, errors, Pool } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import type { MarathonAddress } from './marathon-address.ts';
import { MarathonError, type MarathonErrorKind } from './marathon-error.ts';
import {
  type MarathonReply,
  type MarathonRequest,
  type MarathonStream,
  type MarathonWire,
  urlOf,
} from './marathon-wire.ts';

/** TLS towards Marathon; PEM contents, not paths. */
export interface MarathonTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name the certificate must carry, and SNI; default: the address's host. */
  readonly serverName?: string | undefined;
  /** False: any certificate will do. Default true. */
  readonly verify?: boolean | undefined;
}

/** What an {@link HttpWire} is made of. */
export interface HttpWireOptions {
  readonly tls: MarathonTls | undefined;
  readonly clock: Clock;
  /** For a whole exchange, or until a stream begins. */
  readonly timeoutMs: number;
  /** An answer over this is refused. */
  readonly maxAnswerBytes: number;
}

/** undici's own timers are only a net below ours, which count the whole exchange. */
const NET_MARGIN_MS = 5_000;
/** Calls of a sync, and a stream or two. */
const CONNECTIONS = 16;

/** HTTP to Marathon, with a pool of connections per address. Never follows a redirect. */
export class HttpWire implements MarathonWire {
  readonly #options: HttpWireOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #closing = new AbortController();

  constructor(options: HttpWireOptions) {
    this.#options = options;
  }

  send(address: MarathonAddress, request: MarathonRequest): Promise<MarathonReply> {
    return this.#timed(address, request, async (signal) => {
      const answer = await this.#begin(address, request, signal);
      return this.#whole(address, request, answer);
    });
  }

  async open(address: MarathonAddress, request: MarathonRequest): Promise<MarathonStream | MarathonReply> {
    const ended = new AbortController();
    const signals = [ended.signal, this.#closing.signal, ...(request.signal === undefined ? [] : [request.signal])];
    const lasting = AbortSignal.any(signals);
    const answer = await this.#timed(address, request, async (signal) => {
      signal.addEventListener('abort', () => ended.abort(signal.reason), { once: true });
      const begun = await this.#begin(address, request, lasting);
      return begun.statusCode === 200 ? begun : this.#whole(address, request, begun);
    });
    if (!('statusCode' in answer)) return answer;
    return { address, body: this.#chunks(address, request, answer.body) };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  /** Runs an exchange within the time for it; throws what ended it in our words. */
  async #timed<T>(
    address: MarathonAddress,
    request: MarathonRequest,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    request.signal?.throwIfAborted();
    const { clock, timeoutMs } = this.#options;
    const ended = new AbortController();
    const onAbort = () => ended.abort(request.signal?.reason);
    const onClose = () => ended.abort(failed(address, request, 'Unreachable', 'the client is closed'));
    if (this.#closing.signal.aborted) onClose();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    const late = () => failed(address, request, 'TimedOut', `no whole answer within ${timeoutMs} ms`);
    const deadline = clock.after(timeoutMs, () => ended.abort(late()));
    try {
      ended.signal.throwIfAborted();
      return await run(ended.signal);
    } catch (error) {
      if (ended.signal.aborted) throw ended.signal.reason;
      throw error instanceof MarathonError ? error : broken(address, request, error);
    } finally {
      deadline.cancel();
      request.signal?.removeEventListener('abort', onAbort);
      this.#closing.signal.removeEventListener('abort', onClose);
    }
  }

  #begin(address: MarathonAddress, request: MarathonRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    return this.#pool(address).request({
      method: request.method,
      path: `${address.prefix}${request.path}`,
      headers: { ...request.headers },
      headersTimeout: this.#options.timeoutMs + NET_MARGIN_MS,
      // A stream may be silent for as long as its reader likes.
      bodyTimeout: 0,
      signal,
    });
  }

  async #whole(
    address: MarathonAddress,
    request: MarathonRequest,
    answer: Dispatcher.ResponseData,
  ): Promise<MarathonReply> {
    const { maxAnswerBytes } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) {
        throw failed(address, request, 'BadAnswer', `the answer is over ${maxAnswerBytes} bytes (maxAnswerBytes)`);
      }
      chunks.push(chunk);
    }
    const headers = headerMap(answer.headers);
    return { address, status: answer.statusCode, headers, body: Buffer.concat(chunks, bytes) };
  }

  async *#chunks(
    address: MarathonAddress,
    request: MarathonRequest,
    body: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      request.signal?.throwIfAborted();
      throw error instanceof MarathonError ? error : broken(address, request, error);
    }
  }

  #pool(address: MarathonAddress): Pool {
    const known = this.#pools.get(address.origin);
    if (known !== undefined) return known;
    const { tls, timeoutMs } = this.#options;
    const pool = new Pool(address.origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: 10_000,
      connect: {
        timeout: timeoutMs,
        ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls?.key === undefined ? {} : { key: tls.key }),
        ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
        rejectUnauthorized: tls?.verify ?? true,
      },
    });
    this.#pools.set(address.origin, pool);
    return pool;
  }
}

function headerMap(fields: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}

function failed(
  address: MarathonAddress,
  { method, path }: MarathonRequest,
  kind: MarathonErrorKind,
  problem: string,
): MarathonError {
  return new MarathonError({ kind, method, url: urlOf(address, path), problem });
}

function broken(address: MarathonAddress, { method, path }: MarathonRequest, error: unknown): MarathonError {
  const kind = kindOf(error);
  const problem = kind === 'BadAnswer' ? `no valid HTTP: ${reasonOf(error)}` : `cannot be reached: ${reasonOf(error)}`;
  return new MarathonError({ kind, method, url: urlOf(address, path), problem, cause: error });
}

function kindOf(error: unknown): MarathonErrorKind {
  if (error instanceof errors.ConnectTimeoutError || error instanceof errors.HeadersTimeoutError) return 'TimedOut';
  // A chunked answer that breaks off is a parser's error too.
  const isNoHttp = error instanceof errors.HTTPParserError && !/EOF/.test(error.message);
  return isNoHttp || error instanceof errors.HeadersOverflowError ? 'BadAnswer' : 'Unreachable';
}

/** The words of the error, or of those it is made of (a connect tried on several addresses has none of its own). */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
