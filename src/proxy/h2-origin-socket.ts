import { STATUS_CODES } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { latin1 } from '../http1/bytes.ts';
import { ChunkedDecoder, type ChunkSink } from '../http1/chunked-decoder.ts';
import { INCOMPLETE } from '../http1/field-block.ts';
import type { MakeSocket } from '../http1/listener.ts';
import { OriginFailure } from '../http1/origin-failure.ts';
import { type HeadLimits, RequestHead } from '../http1/request-head.ts';
import { fieldLines, requestHeaders, trailerHeaders } from '../http2/header-text.ts';
import type { OriginSession } from '../http2/origin-session.ts';
import type { OriginSessions } from '../http2/origin-sessions.ts';
import { sendTrailers } from '../http2/sending.ts';
import { cancelStream } from '../http2/stream-reset.ts';

type Done = (error?: Error | null) => void;

const NO_ERROR = 0;
const END_STREAM = 1;
const NEVER: number = Number.POSITIVE_INFINITY;

/**
 * What the HTTP/1.1 engine takes for a connection to an origin, and behind which each request is one of an HTTP/2
 * session: how requests over HTTP/1.1 reach upstreams with `protocol: http2`. Is connected once there is a session.
 */
class H2OriginSocket extends Duplex implements ChunkSink {
  readonly #sessions: OriginSessions;
  readonly #head: RequestHead;
  readonly #decoder: ChunkedDecoder = new ChunkedDecoder();
  #stopWaiting: (() => void) | undefined = undefined;
  #session: OriginSession | undefined = undefined;
  #stream: ClientHttp2Stream | undefined = undefined;
  #held: Buffer = Buffer.alloc(0);
  #phase: 'head' | 'body' = 'head';
  #remaining = 0;
  #trailers = '';
  #isBlocked = false;

  constructor(sessions: OriginSessions, limits: HeadLimits) {
    super({ allowHalfOpen: true });
    this.#sessions = sessions;
    // Fields of our own come on top of what the caller may send.
    this.#head = new RequestHead({ ...limits, fields: limits.fields + OWN_FIELDS });
    process.nextTick(() => this.#withSession(() => this.emit('connect')));
  }

  override _read(): void {
    this.#stream?.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: Done): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#feed(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#stopWaiting?.();
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream !== undefined) {
      // Whoever gives a request up before its answer may have waited in vain for a peer that is no longer there.
      if (!stream.destroyed) this.#session?.probe();
      cancelStream(stream);
    }
    done(error);
  }

  contentBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#stream?.write(Buffer.from(bytes.subarray(start, end))) === false) this.#isBlocked = true;
  }

  chunkedText(text: string): void {
    if (text.startsWith('0\r\n')) this.#trailers = text.slice(3);
  }

  chunkedBytes(): void {}

  /** Reads what the engine wrote: heads and bodies that it framed itself, so what cannot be read is a defect. */
  #feed(done: Done): void {
    while (this.#held.length > 0 && this.#phase === 'body') {
      const error = this.#passBody();
      if (error !== undefined) {
        done(error);
        return;
      }
    }
    const after = this.#held.length === 0 ? INCOMPLETE : this.#head.parse(this.#held, 0, this.#held.length);
    if (after === INCOMPLETE) {
      this.#doneOnceSent(done);
    } else if (after < 0) {
      done(new OriginFailure('answer_malformed', this.#head.fault.reason));
    } else {
      const text = latin1(this.#held, 0, after);
      this.#held = this.#held.subarray(after);
      this.#withSession((session) => {
        const error = this.#begin(session, text);
        if (error === undefined) this.#feed(done);
        else done(error);
      });
    }
  }

  #doneOnceSent(done: Done): void {
    const stream = this.#stream;
    if (!this.#isBlocked || stream === undefined || stream.destroyed) {
      done();
      return;
    }
    this.#isBlocked = false;
    const goOn = () => {
      stream.off('drain', goOn);
      stream.off('close', goOn);
      done();
    };
    stream.on('drain', goOn);
    stream.on('close', goOn);
  }

  #passBody(): OriginFailure | undefined {
    const bytes = this.#held;
    let after: number;
    if (this.#head.framing === 'length') {
      after = Math.min(bytes.length, this.#remaining);
      this.contentBytes(bytes, 0, after);
      this.#remaining -= after;
      if (this.#remaining === 0) this.#endRequest();
    } else {
      after = this.#decoder.read(bytes, 0, bytes.length, this);
      if (after === INCOMPLETE) after = bytes.length;
      else if (after < 0) return new OriginFailure('answer_malformed', this.#decoder.fault.reason);
      else this.#endRequest();
    }
    this.#held = bytes.subarray(after);
    return undefined;
  }

  #endRequest(): void {
    this.#phase = 'head';
    this.#stream?.end();
  }

  #withSession(use: (session: OriginSession) => void): void {
    if (this.destroyed) return;
    const ready = this.#sessions.take();
    if (ready !== undefined) {
      use(ready);
      return;
    }
    if (this.#sessions.isFull) {
      this.destroy(new OriginFailure('stream_refused', 'too many requests wait for a session'));
      return;
    }
    // The connection's own deadline, which destroys this, is the nearer one.
    this.#stopWaiting = this.#sessions.wait(
      {
        sessionReady: (session) => {
          this.#stopWaiting = undefined;
          use(session);
        },
        sessionFailed: (failure) => {
          this.#stopWaiting = undefined;
          this.destroy(failure);
        },
      },
      NEVER,
    );
  }

  #begin(session: OriginSession, text: string): OriginFailure | undefined {
    const { framing, contentLength, method } = this.#head;
    const isWhole = framing === 'none';
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(requestHeaders(text, session.scheme), isWhole ? 'none' : 'with-trailers');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return new OriginFailure('stream_refused', `the request could not be sent: ${reason}`);
    }
    this.#session = session;
    this.#stream = stream;
    this.#trailers = '';
    this.#isBlocked = false;
    this.#remaining = contentLength;
    if (!isWhole) {
      this.#phase = 'body';
      this.#decoder.reset();
      stream.on('wantTrailers', () => sendTrailers(stream, trailerHeaders(this.#trailers)));
    }
    this.#listen(session, stream, method === 'HEAD');
    return undefined;
  }

  #listen(session: OriginSession, stream: ClientHttp2Stream, toHead: boolean): void {
    const isCurrent = () => this.#stream === stream;
    let hasAnswered = false;
    let isChunked = false;
    let trailers = '';
    stream.on('headers', (headers, _flags, raw) => {
      if (isCurrent() && headers[':status'] !== 101) this.push(answerHead(Number(headers[':status']), raw, ''));
    });
    stream.on('response', (headers, flags, raw) => {
      if (!isCurrent()) return;
      const status = Number(headers[':status']);
      const hasContent = !toHead && status !== 204 && status !== 304;
      const hasLength = headers['content-length'] !== undefined;
      hasAnswered = true;
      isChunked = hasContent && !hasLength && (flags & END_STREAM) === 0;
      let framing = isChunked ? 'transfer-encoding: chunked\r\n' : '';
      if (hasContent && !hasLength && !isChunked) framing = 'content-length: 0\r\n';
      this.push(answerHead(status, raw, framing));
    });
    stream.on('data', (piece: Buffer) => {
      if (!isCurrent()) return;
      const goesOn = isChunked
        ? this.push(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, LINE_END]))
        : this.push(piece);
      if (!goesOn) stream.pause();
    });
    stream.on('trailers', (_headers, _flags, raw) => {
      trailers = fieldLines(raw);
    });
    stream.on('end', () => {
      if (!isCurrent() || !hasAnswered || stream.aborted || (stream.rstCode ?? 0) !== NO_ERROR) return;
      this.#stream = undefined;
      if (isChunked) this.push(Buffer.from(`0\r\n${trailers}\r\n`, 'latin1'));
    });
    stream.on('close', () => {
      if (!isCurrent()) return;
      const failure = session.failureOf(stream, hasAnswered);
      this.#stream = undefined;
      this.destroy(failure);
    });
  }
}

/** Opens connections for the HTTP/1.1 engine that lead over the sessions to an endpoint. */
export function openOverSessions(sessions: OriginSessions, limits: HeadLimits): MakeSocket {
  // The engine asks nothing of a socket that this stream does not have.
  return (() => new H2OriginSocket(sessions, limits)) as unknown as MakeSocket;
}

/** Fields that the proxy adds to a request: more than it does. */
const OWN_FIELDS = 16;
const LINE_END: Buffer = Buffer.from('\r\n');

function answerHead(status: number, raw: readonly string[], framing: string): Buffer {
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fieldLines(raw)}${framing}\r\n`, 'latin1');
}
