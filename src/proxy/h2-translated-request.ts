import type { ServerHttp2Stream } from 'node:http2';
import { type Duplex, duplexPair } from 'node:stream';
import { ChunkedDecoder, type ChunkSink } from '../http1/chunked-decoder.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import type { MakeSocket } from '../http1/listener.ts';
import { OriginConnection } from '../http1/origin-connection.ts';
import type { OriginHandler } from '../http1/origin-handler.ts';
import { fieldLines, responseHeaders, trailerHeaders } from '../http2/header-text.ts';
import { endResponse } from '../http2/response-end.ts';
import { isOver, sendInterim } from '../http2/sending.ts';
import { breakStream } from '../http2/stream-reset.ts';
import { Exchange } from './exchange.ts';
import { bodilessResponseDrop, responseDrop } from './forwarded-fields.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';

const NEVER: number = Number.POSITIVE_INFINITY;

/**
 * Requests that came over HTTP/2 for upstreams that speak HTTP/1.1: each is put to the HTTP/1.1 engine as if it had
 * come from a client of its own, over a connection in memory, and the answer is turned back. One per such connection,
 * which carries one request after the other.
 */
export class H2TranslatedRequest implements OriginHandler, ChunkSink {
  readonly #origin: OriginConnection;
  readonly #decoder: ChunkedDecoder = new ChunkedDecoder();
  readonly #onIdle: (line: H2TranslatedRequest) => void;
  #stream: ServerHttp2Stream | undefined = undefined;
  #isRequestWhole = false;
  #trailers = '';
  /** The answer was begun so that trailers can follow. */
  #hasTrailers = false;

  /** @param onIdle called when another request may be put to it */
  constructor(core: ProxyCore, arrival: Arrival, onIdle: (line: H2TranslatedRequest) => void) {
    const { deadlines, settings } = core;
    const [near, far] = duplexPair();
    this.#onIdle = onIdle;
    // One that has ended in good order is read to its end here first; after any other end there is nothing to read.
    far.once('close', () => far.writableFinished || near.destroy());
    near.once('close', () => far.destroy());
    const client = new ClientConnection(asSocket(far), settings.limits, deadlines, () => undefined);
    new Exchange(core, client, arrival);
    this.#origin = new OriginConnection(asSocket(near), settings.limits, deadlines, () => undefined);
    this.#origin.connectFor(this, NEVER);
    this.#origin.connected();
  }

  get isClosed(): boolean {
    return this.#origin.isClosed;
  }

  /** Puts a request: its head as HTTP/1.1 has it, the body as it comes. */
  start(stream: ServerHttp2Stream, head: string, isWhole: boolean): void {
    const origin = this.#origin;
    const isChunked = !isWhole && head.includes('\r\ntransfer-encoding: chunked\r\n');
    this.#stream = stream;
    this.#isRequestWhole = isWhole;
    this.#trailers = '';
    origin.begin(this, head.startsWith('HEAD '));
    origin.wire.text(head);
    origin.wire.flush();
    const isMine = () => this.#stream === stream;
    let trailers = '';
    stream.on('trailers', (_headers, _flags, raw) => {
      trailers = fieldLines(raw);
    });
    stream.on('data', (piece: Buffer) => {
      if (!isMine()) return;
      if (isChunked) origin.wire.text(`${piece.length.toString(16)}\r\n`);
      origin.wire.bytes(piece);
      if (isChunked) origin.wire.text('\r\n');
      origin.wire.flush();
      if (origin.wire.isBlocked) stream.pause();
    });
    stream.on('end', () => {
      if (!isMine() || stream.aborted) return;
      this.#isRequestWhole = true;
      if (isChunked) origin.wire.text(`0\r\n${trailers}\r\n`);
      origin.wire.flush();
    });
    stream.on('aborted', () => isMine() && this.drop());
    stream.once('close', () => isMine() && this.drop());
  }

  /** Lets go of it, whatever it is doing. */
  drop(): void {
    this.#stream = undefined;
    this.#origin.drop();
  }

  responseStarted(): void {
    const { response, framing } = this.#origin;
    const stream = this.#stream;
    if (stream === undefined || isOver(stream)) return;
    if (response.status < 200) {
      if (response.status !== 101) sendInterim(stream, responseHeaders(response.kept(bodilessResponseDrop)));
      return;
    }
    const isWhole = framing === 'none';
    try {
      stream.respond(
        responseHeaders(response.kept(responseDrop)),
        isWhole ? { endStream: true } : { waitForTrailers: true },
      );
    } catch {
      this.#break();
      return;
    }
    if (framing === 'chunked') this.#decoder.reset();
    this.#hasTrailers = !isWhole;
  }

  responseBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#origin.framing !== 'chunked') this.contentBytes(bytes, start, end);
    else this.#decoder.read(bytes, start, end, this);
  }

  responseText(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.#decoder.read(bytes, 0, bytes.length, this);
  }

  contentBytes(bytes: Buffer, start: number, end: number): void {
    const stream = this.#stream;
    if (stream === undefined || isOver(stream)) return;
    // The memory belongs to the connection that it was read from, and node:http2 may keep it for a while.
    if (stream.write(Buffer.from(bytes.subarray(start, end)))) return;
    this.#origin.wire.pause();
    stream.once('drain', () => this.#origin.wire.resume());
  }

  chunkedText(text: string): void {
    if (text.startsWith('0\r\n')) this.#trailers = text.slice(3);
  }

  chunkedBytes(): void {}

  responseEnded(): void {
    const stream = this.#stream;
    const isRequestWhole = this.#isRequestWhole;
    this.#stream = undefined;
    if (this.#origin.isReusable && isRequestWhole) {
      this.#origin.rest(NEVER);
      this.#onIdle(this);
    } else {
      this.#origin.drop();
    }
    if (stream === undefined || isOver(stream)) return;
    const trailers = this.#hasTrailers ? trailerHeaders(this.#trailers) : undefined;
    endResponse(stream, { trailers, isRequestWhole });
  }

  originFailed(): void {
    this.#break();
  }

  originDrained(): void {
    this.#stream?.resume();
  }

  originConnected(): void {}

  responseFlushed(): void {}

  originTunnelBytes(): void {}

  originTunnelEnded(): void {}

  /** The answer broke off, or was none: the engine has answered by itself where it could. */
  #break(): void {
    const stream = this.#stream;
    this.drop();
    if (stream !== undefined) breakStream(stream);
  }
}

/** The engine asks nothing of a socket that a stream in memory does not have. */
function asSocket(stream: Duplex): MakeSocket {
  return (() => stream) as unknown as MakeSocket;
}
