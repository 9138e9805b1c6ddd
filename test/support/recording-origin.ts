import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type RawBytes, toBytes } from './raw-bytes.ts';
import { type RawRequest, readRequest, readRequestHead } from './raw-request.ts';
import { Changes } from './raw-wait.ts';

/** What an origin says when a test has nothing else in mind. */
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** How a {@link RecordingOrigin} behaves; both are called once per request. */
export interface OriginScript {
  /** A head is complete; its body may still come. Default: nothing. */
  readonly onHead?: (connection: OriginConnection, headBytes: Buffer) => void;
  /** A request is complete. Default: answers {@link OK}. */
  readonly onRequest?: (connection: OriginConnection, request: RawRequest) => void;
  /** Raw bytes from here on, after {@link OriginConnection.tunnel}. */
  readonly onTunnel?: (connection: OriginConnection, bytes: Buffer) => void;
  /** Closes a connection that had no byte in either direction for so long; undefined: never. */
  readonly closeIdleAfterMs?: number;
}

/** A connection as the origin sees it: all bytes that came, the requests in them, and the means to answer. */
export class OriginConnection {
  readonly socket: Socket;
  readonly requests: RawRequest[] = [];
  /** Why the bytes are no sequence of well-formed requests; undefined while they are. */
  malformed: string | undefined;
  /** How the other side ended. */
  closing: 'open' | 'ended' | 'reset' = 'open';
  #parts: Buffer[] = [];
  #parsed = 0;
  #headSeen = false;
  #tunnelled = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Everything that came, in order. */
  get bytes(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0] ?? Buffer.alloc(0);
  }

  /** What came after the last complete request. */
  get rest(): Buffer {
    return this.bytes.subarray(this.#parsed);
  }

  /** Sends bytes, if the connection is still there. */
  send(raw: RawBytes): void {
    if (this.socket.writable) this.socket.write(toBytes(raw));
  }

  /** Closes in the ordinary way (FIN), after what was sent. */
  end(): void {
    this.socket.end();
  }

  /** Drops the connection with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** From here on bytes are not requests. */
  tunnel(): void {
    this.#tunnelled = true;
  }

  /** Takes bytes in and tells the script what they complete. */
  take(chunk: Buffer, script: OriginScript): void {
    this.#parts.push(chunk);
    if (this.#tunnelled) {
      script.onTunnel?.(this, chunk);
      return;
    }
    try {
      this.#parse(script);
    } catch (error) {
      this.malformed ??= String(error);
    }
  }

  #parse(script: OriginScript): void {
    while (!this.#tunnelled) {
      const head = readRequestHead(this.rest);
      if (head === undefined) return;
      if (!this.#headSeen) {
        this.#headSeen = true;
        script.onHead?.(this, this.rest.subarray(0, head.size));
      }
      const request = readRequest(this.rest);
      if (request === undefined) return;
      this.#headSeen = false;
      this.#parsed += request.size;
      this.requests.push(request);
      if (script.onRequest === undefined) this.send(OK);
      else script.onRequest(this, request);
    }
  }
}

/**
 * A server on plain TCP that remembers every byte of every connection and answers by script; the judge of what the
 * proxy really sent.
 */
export class RecordingOrigin implements AsyncDisposable {
  /** What it does from the next event on; a test may replace it at any time. */
  script: OriginScript;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #changes = new Changes();
  #connections: OriginConnection[] = [];

  private constructor(script: OriginScript) {
    this.script = script;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(script: OriginScript = {}): Promise<RecordingOrigin> {
    const origin = new RecordingOrigin(script);
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** `127.0.0.1:<port>` */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections since the last {@link forget}, and older ones that are still open. */
  get connections(): readonly OriginConnection[] {
    return this.#connections;
  }

  /** Complete requests since the last {@link forget}, connection by connection. */
  get requests(): readonly RawRequest[] {
    return this.#connections.flatMap(({ requests }) => requests);
  }

  /** Why anything that came was not well-formed; empty as long as all was. */
  get malformed(): readonly string[] {
    return this.#connections.flatMap(({ malformed }) => (malformed === undefined ? [] : [malformed]));
  }

  /** Bytes that came, not counting complete requests. */
  get restBytes(): number {
    return this.#connections.reduce((sum, { rest }) => sum + rest.length, 0);
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#open.size;
  }

  /**
   * Begins anew: drops every connection, forgets all records, and takes another script. Gives a proxy in the same
   * process time to notice that the connections are gone.
   */
  async forget(script: OriginScript = {}): Promise<void> {
    this.script = script;
    for (const socket of this.#open) socket.destroy();
    await this.until(() => this.#open.size === 0, 'all connections to be gone');
    for (let round = 0; round < 3; round++) await turn();
    this.#connections = [];
  }

  /** Waits until `look` returns something; looked at again on every event at the origin. */
  until<T>(look: () => T | undefined | false, what: string, limitMs?: number): Promise<T> {
    return this.#changes.until(look, () => `${what}; origin has ${this.#summary()}`, limitMs);
  }

  /** Waits until `count` complete requests have come. */
  async whenRequests(count: number, limitMs?: number): Promise<readonly RawRequest[]> {
    return this.until(() => this.requests.length >= count && this.requests, `${count} requests`, limitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const connection = new OriginConnection(socket);
    this.#connections.push(connection);
    this.#open.add(socket);
    const { closeIdleAfterMs } = this.script;
    if (closeIdleAfterMs !== undefined) socket.setTimeout(closeIdleAfterMs, () => socket.destroy());
    const ended = (how: 'ended' | 'reset') => {
      if (connection.closing === 'open') connection.closing = how;
      this.#changes.changed();
    };
    socket.on('data', (chunk: Buffer) => {
      connection.take(chunk, this.script);
      this.#changes.changed();
    });
    socket.once('end', () => {
      ended('ended');
      if (this.script.onTunnel === undefined) socket.end();
    });
    socket.once('error', () => ended('reset'));
    socket.once('close', () => {
      this.#open.delete(socket);
      ended('ended');
    });
    this.#changes.changed();
  }

  #summary(): string {
    const seen = this.#connections.map(
      ({ requests, rest, closing, malformed }) =>
        `[${requests.length} requests, ${closing}, rest ${JSON.stringify(rest.toString('latin1', 0, 200))}${malformed ?? ''}]`,
    );
    return `${seen.length} connections ${seen.slice(0, 5).join(' ')}`;
  }
}
