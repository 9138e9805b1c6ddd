import { errors, Pool } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import { type ConsulAddress, formatConsulAddress, hostAndPort } from './consul-address.ts';
import { ConsulError, type ConsulErrorKind } from './consul-error.ts';
import type { Lane, Transport, WireReply, WireRequest } from './wire.ts';

/** TLS towards the agent; PEM contents, not paths. */
export interface ConsulTls {
  readonly ca?: readonly string[] | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name the certificate must carry, and SNI; default: the address's host. */
  readonly serverName?: string | undefined;
  /** False: any certificate will do. Default true. */
  readonly verify?: boolean | undefined;
}

/** What an {@link HttpTransport} is made of. */
export interface HttpTransportOptions {
  readonly address: ConsulAddress;
  readonly tls: ConsulTls | undefined;
  readonly clock: Clock;
  /** An answer over this is refused. */
  readonly maxAnswerBytes: number;
  /**
   * Connections for polls. How many polls there are is limited where they start, so that none waits here with its time
   * running; but a poll may start before the connection of the last one is seen to be idle, and is not to open another.
   */
  readonly pollConnections: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** undici's own timers are only a net below ours, which count the whole exchange. */
const NET_MARGIN_MS = 5_000;
const CALL_CONNECTIONS = 16;
const HEARTBEAT_CONNECTIONS = 4;

/** HTTP to one agent, over TCP, TLS or a unix socket, with a pool of connections per lane. Never follows a redirect. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #pools: Readonly<Record<Lane, Pool>>;
  readonly #closing = new AbortController();
  #losses = 0;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#pools = {
      call: openPool(options, CALL_CONNECTIONS),
      poll: openPool(options, options.pollConnections),
      heartbeat: openPool(options, HEARTBEAT_CONNECTIONS),
    };
    for (const pool of Object.values(this.#pools)) {
      pool.on('disconnect', (_origin, _targets, error) => {
        if (isLoss(error)) this.#losses += 1;
      });
    }
  }

  get losses(): number {
    return this.#losses;
  }

  async send(request: WireRequest): Promise<WireReply> {
    request.signal?.throwIfAborted();
    const ended = new AbortController();
    const onAbort = () => ended.abort(request.signal?.reason);
    const onClose = () => ended.abort(unreachable(request, 'the client is closed'));
    if (this.#closing.signal.aborted) throw unreachable(request, 'the client is closed');
    request.signal?.addEventListener('abort', onAbort, { once: true });
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    const deadline = this.#options.clock.after(request.timeoutMs, () => ended.abort(timedOut(request)));
    try {
      return await this.#exchange(request, ended.signal);
    } catch (error) {
      if (ended.signal.aborted) throw ended.signal.reason;
      throw error instanceof ConsulError ? error : this.#failure(request, error);
    } finally {
      deadline.cancel();
      request.signal?.removeEventListener('abort', onAbort);
      this.#closing.signal.removeEventListener('abort', onClose);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(Object.values(this.#pools).map((pool) => pool.destroy()));
  }

  async #exchange(request: WireRequest, signal: AbortSignal): Promise<WireReply> {
    const { method, path, query, headers, lane, timeoutMs } = request;
    const {
      statusCode,
      headers: fields,
      body,
    } = await this.#pools[lane].request({
      method,
      path: query === '' ? path : `${path}?${query}`,
      headers: { ...headers },
      body: request.body ?? null,
      headersTimeout: timeoutMs + NET_MARGIN_MS,
      bodyTimeout: timeoutMs + NET_MARGIN_MS,
      signal,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > this.#options.maxAnswerBytes) {
        const problem = `the answer is over ${this.#options.maxAnswerBytes} bytes (maxAnswerBytes)`;
        throw new ConsulError({ kind: 'BadAnswer', method, path, problem, status: statusCode });
      }
      chunks.push(chunk);
    }
    return { status: statusCode, headers: headerMap(fields), body: Buffer.concat(chunks, bytes) };
  }

  #failure(request: WireRequest, error: unknown): ConsulError {
    const { method, path } = request;
    const where = formatConsulAddress(this.#options.address);
    const kind = kindOf(error);
    const reason = reasonOf(error);
    const problem =
      kind === 'BadAnswer' ? `${where} answers no valid HTTP: ${reason}` : `cannot reach ${where}: ${reason}`;
    return new ConsulError({ kind, method, path, problem, cause: error });
  }
}

function openPool(options: HttpTransportOptions, connections: number): Pool {
  const { address, tls } = options;
  const host = address.socketPath === undefined ? hostAndPort(address) : address.host;
  return new Pool(`${address.scheme}://${host}`, {
    connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 30_000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      ...(address.socketPath === undefined ? {} : { socketPath: address.socketPath }),
      ...(tls?.ca === undefined ? {} : { ca: [...tls.ca] }),
      ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls?.key === undefined ? {} : { key: tls.key }),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
      rejectUnauthorized: tls?.verify ?? true,
    },
  });
}

/** Whether the other side ended a connection; we end those that are idle for long, and those of aborted requests. */
function isLoss(error: Error): boolean {
  if (error instanceof errors.SocketError) return true;
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function headerMap(fields: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}

function unreachable({ method, path }: WireRequest, problem: string): ConsulError {
  return new ConsulError({ kind: 'Unreachable', method, path, problem });
}

function timedOut({ method, path, timeoutMs }: WireRequest): ConsulError {
  return new ConsulError({ kind: 'TimedOut', method, path, problem: `no whole answer within ${timeoutMs} ms` });
}

function kindOf(error: unknown): ConsulErrorKind {
  if (error instanceof errors.ConnectTimeoutError) return 'TimedOut';
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) return 'TimedOut';
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) return 'BadAnswer';
  return 'Unreachable';
}

/** The words of the error, or of those it is made of (a connect tried on several addresses has none of its own). */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
