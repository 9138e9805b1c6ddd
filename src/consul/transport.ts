import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Clock } from '../runtime/clock.ts';
import { type ConsulAddress, formatConsulAddress, hostAndPort } from './consul-address.ts';
import { ConsulError, type ConsulErrorKind } from './consul-error.ts';
import { freeBuffer } from './free-buffer.ts';
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
/** An idle connection is closed after this; sooner if the agent says that it will close it sooner. */
const IDLE_MS = 30_000;
const CALL_CONNECTIONS = 16;
const HEARTBEAT_CONNECTIONS = 4;

/** HTTP to one agent, over TCP, TLS or a unix socket, with a pool of connections per lane. Never follows a redirect. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #node: NodeHttp;
  readonly #pools: Readonly<Record<Lane, Agent>>;
  readonly #target: RequestOptions;
  /** Ends what is under way. */
  readonly #underWay = new Set<() => void>();
  readonly #seen = new WeakSet<Socket>();
  /** Connections that we end, and those of which the agent said that it will. */
  readonly #ending = new WeakSet<Socket>();
  #isClosed = false;
  #losses = 0;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#node = nodeHttp(options.address);
    this.#target = targetOf(options);
    this.#pools = {
      call: this.#openPool(CALL_CONNECTIONS),
      poll: this.#openPool(options.pollConnections),
      heartbeat: this.#openPool(HEARTBEAT_CONNECTIONS),
    };
  }

  get losses(): number {
    return this.#losses;
  }

  async send(request: WireRequest): Promise<WireReply> {
    const { signal, timeoutMs } = request;
    signal?.throwIfAborted();
    if (this.#isClosed) throw unreachable(request, 'the client is closed');
    const { promise, resolve, reject } = Promise.withResolvers<WireReply>();
    const exchange = this.#begin(request, resolve, reject);
    const end = (reason: unknown): void => {
      reject(reason);
      this.#drop(exchange);
    };
    const onAbort = () => end(signal?.reason);
    const onClose = () => end(unreachable(request, 'the client is closed'));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#underWay.add(onClose);
    const deadline = this.#options.clock.after(timeoutMs, () => end(timedOut(request, timeoutMs)));
    try {
      return await promise;
    } finally {
      deadline.cancel();
      signal?.removeEventListener('abort', onAbort);
      this.#underWay.delete(onClose);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const end of this.#underWay) end();
    for (const pool of Object.values(this.#pools)) pool.destroy();
  }

  #openPool(connections: number): Agent {
    const { Agent } = this.#node;
    return new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections, timeout: IDLE_MS });
  }

  /** Sends the request; one of the two is called once the answer is there or cannot be had any more. */
  #begin(request: WireRequest, resolve: (reply: WireReply) => void, reject: (reason: unknown) => void): ClientRequest {
    const { method, path, query, headers, body, lane } = request;
    const fail = (error: unknown) => reject(error instanceof ConsulError ? error : this.#failure(request, error));
    let exchange: ClientRequest;
    try {
      exchange = this.#node.request({
        ...this.#target,
        agent: this.#pools[lane],
        method,
        path: query === '' ? path : `${path}?${query}`,
        headers: { ...this.#target.headers, ...headers, ...(body && { 'content-length': body.length }) },
      });
    } catch (error) {
      throw this.#failure(request, error);
    }
    let isAnswered = false;
    exchange.once('socket', (socket) => this.#onSocket(socket, () => exchange.destroy(connectTimedOut(request))));
    exchange.once('response', (response) => {
      isAnswered = true;
      if (saysClose(response)) this.#ending.add(response.socket);
      this.#read(response, request).then(resolve, fail);
    });
    exchange.on('error', (error) => {
      if (exchange.socket !== null && isParseError(error)) this.#ending.add(exchange.socket);
      fail(error);
    });
    // Without an error before, for example when the answer was to switch protocols.
    exchange.once('close', () => isAnswered || fail(new Error('the connection was closed without an answer')));
    exchange.end(body);
    return exchange;
  }

  /** Looks after a connection that is about to be used: whether it comes about in time, and whether the agent ends it. */
  #onSocket(socket: Socket, onLate: () => void): void {
    if (this.#seen.has(socket)) return;
    this.#seen.add(socket);
    const { scheme } = this.#options.address;
    socket.on('data', freeOnceRead);
    const late = this.#options.clock.after(CONNECT_TIMEOUT_MS, onLate);
    socket.once('close', () => late.cancel());
    // The pool's own listener, which ends idle connections, comes before this one.
    socket.on('timeout', () => socket.destroyed && this.#ending.add(socket));
    socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => {
      late.cancel();
      socket.once('close', () => {
        if (!this.#isClosed && !this.#ending.has(socket)) this.#losses += 1;
      });
    });
  }

  #drop(exchange: ClientRequest): void {
    if (exchange.socket !== null) this.#ending.add(exchange.socket);
    exchange.destroy();
  }

  async #read(response: IncomingMessage, { method, path }: WireRequest): Promise<WireReply> {
    const status = response.statusCode ?? 0;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > this.#options.maxAnswerBytes) {
        this.#ending.add(response.socket);
        const problem = `the answer is over ${this.#options.maxAnswerBytes} bytes (maxAnswerBytes)`;
        throw new ConsulError({ kind: 'BadAnswer', method, path, problem, status });
      }
      chunks.push(chunk);
    }
    const [only] = chunks;
    const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
    if (chunks.length > 1) chunks.forEach(freeBuffer);
    return { status, headers: headerMap(response), body, letGo: () => freeBuffer(body) };
  }

  #failure(request: WireRequest, error: unknown): ConsulError {
    const { method, path } = request;
    const where = formatConsulAddress(this.#options.address);
    const reason = reasonOf(error);
    const isNoHttp = isParseError(error);
    const kind: ConsulErrorKind = isNoHttp ? 'BadAnswer' : 'Unreachable';
    const problem = isNoHttp ? `${where} answers no valid HTTP: ${reason}` : `cannot reach ${where}: ${reason}`;
    return new ConsulError({ kind, method, path, problem, cause: error });
  }
}

/**
 * Gives back what a socket has read, once it is parsed: Node copies what it keeps of it. Left to the garbage collector,
 * the 64 KiB that it takes for each read lie about by the hundred.
 */
function freeOnceRead(chunk: Buffer): void {
  // Whoever else listens is called before that.
  queueMicrotask(() => freeBuffer(chunk));
}

type Socket = NonNullable<ClientRequest['socket']>;

/** What is used of Node's two modules. */
type NodeHttp = Pick<typeof import('node:http'), 'Agent' | 'request'>;

/**
 * Node's client for the address. Fetched when it is needed: TLS takes 10 ms and 7 MB, and an `import` of either module
 * evaluates all that it exports, which loads Node's WebSocket and fetch too.
 */
function nodeHttp({ scheme }: ConsulAddress): NodeHttp {
  return process.getBuiltinModule(scheme === 'https' ? 'node:https' : 'node:http');
}

function targetOf({ address, tls }: HttpTransportOptions): RequestOptions {
  const { scheme, host, port, socketPath } = address;
  const target = socketPath === undefined ? { host, port } : { socketPath };
  const security = {
    ...(tls?.ca === undefined ? {} : { ca: [...tls.ca] }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    rejectUnauthorized: tls?.verify ?? true,
  };
  const name = socketPath === undefined ? new URL(`${scheme}://${hostAndPort(address)}`).host : host;
  return { ...target, ...(scheme === 'https' ? security : {}), headers: { host: name } };
}

/** Whether the agent ends the connection after this answer. */
function saysClose({ httpVersion, headers }: IncomingMessage): boolean {
  const { connection = httpVersion === '1.0' ? 'close' : '' } = headers;
  return /\bclose\b/i.test(connection);
}

function headerMap({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}

function unreachable({ method, path }: WireRequest, problem: string): ConsulError {
  return new ConsulError({ kind: 'Unreachable', method, path, problem });
}

function timedOut({ method, path }: WireRequest, timeoutMs: number): ConsulError {
  return new ConsulError({ kind: 'TimedOut', method, path, problem: `no whole answer within ${timeoutMs} ms` });
}

function connectTimedOut({ method, path }: WireRequest): ConsulError {
  return new ConsulError({ kind: 'TimedOut', method, path, problem: `no connection within ${CONNECT_TIMEOUT_MS} ms` });
}

function isParseError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_');
}

/** The words of the error, or of those it is made of (a connect tried on several addresses has none of its own). */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
