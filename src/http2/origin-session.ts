import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Deadlines, Expirable } from '../http1/deadlines.ts';
import { connectFailure, OriginFailure } from '../http1/origin-failure.ts';
import { nodeHttp2 } from './node-http2.ts';
import { type SessionLimits, sessionOptions } from './session-settings.ts';
import { streamFailure } from './stream-failure.ts';
import { cancelStream } from './stream-reset.ts';

/** Hears what happens on an {@link OriginSession}. */
export interface OriginSessionOwner {
  /** Requests can be sent. */
  sessionReady(session: OriginSession): void;
  /** A request has ended, or the origin takes more at once than before. */
  sessionRoomier(session: OriginSession): void;
  /** It takes no more requests. `failure`: it never took any. */
  sessionEnded(session: OriginSession, failure: OriginFailure | undefined): void;
  /** Nothing is left of it. */
  sessionClosed(session: OriginSession): void;
}

/** How much has gone over a connection. */
interface ByteCounts {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What an {@link OriginSession} needs. */
export interface OriginSessionOptions {
  /** Dials. May throw an OriginFailure. */
  readonly dial: () => Duplex & ByteCounts;
  readonly scheme: 'http' | 'https';
  readonly deadlines: Deadlines;
  /** By when it must be connected. */
  readonly connectByMs: number;
  readonly limits: OriginSessionLimits;
}

/** How a session with an origin is kept. */
export interface OriginSessionLimits extends SessionLimits {
  /** Requests at once, even if the origin would take more. */
  readonly maxStreams: number;
  /** How long it is kept without requests. */
  readonly idleMs: number;
  /** Least time between two PINGs: servers of gRPC end sessions for frequent ones. */
  readonly pingIntervalMs: number;
  /** How long the origin has for the answer to one. */
  readonly pingTimeoutMs: number;
}

const NEVER: number = Number.POSITIVE_INFINITY;

/** HTTP/2 with an origin: many requests at once. */
export class OriginSession implements Expirable {
  deadlineMs: number;
  onConnected: (() => void) | undefined = undefined;
  /** The bytes on the wire. */
  readonly wire: ByteCounts;
  readonly scheme: 'http' | 'https';
  readonly #options: OriginSessionOptions;
  readonly #owner: OriginSessionOwner;
  readonly #session: ClientHttp2Session;
  readonly #streams = new Set<ClientHttp2Stream>();
  #maxStreams = 0;
  #phase: 'connecting' | 'ready' | 'closing' | 'gone' = 'connecting';
  /** Requests with a higher number than this were not looked at. */
  #refusedAbove = NEVER;
  #error: Error | undefined = undefined;
  #isPinging = false;
  #pingedAtMs: number = Number.NEGATIVE_INFINITY;

  /** @throws OriginFailure `address_refused` */
  constructor(options: OriginSessionOptions, owner: OriginSessionOwner) {
    const { dial, scheme, deadlines, connectByMs, limits } = options;
    this.#options = options;
    this.#owner = owner;
    this.scheme = scheme;
    this.deadlineMs = connectByMs;
    const socket = dial();
    this.wire = socket;
    this.#session = nodeHttp2().connect(`${scheme}://origin.invalid`, {
      createConnection: () => socket,
      ...sessionOptions(limits),
      settings: {
        enablePush: false,
        initialWindowSize: limits.streamWindowBytes,
        maxHeaderListSize: limits.headBytes,
      },
    });
    socket.on('end', () => this.#hungUp());
    this.#listen();
    deadlines.add(this);
  }

  /** How many more requests it takes now. */
  get room(): number {
    return this.#phase === 'ready' ? this.#maxStreams - this.#streams.size : 0;
  }

  /** It is kept for later requests. */
  get isIdle(): boolean {
    return this.#phase === 'ready' && this.#streams.size === 0;
  }

  get isConnecting(): boolean {
    return this.#phase === 'connecting';
  }

  /** Begins a request. `body`: there is none, or one that trailers may follow, or one that nothing follows. */
  request(headers: OutgoingHttpHeaders, body: 'none' | 'with-trailers' | 'alone'): ClientHttp2Stream {
    const stream = this.#session.request(headers, {
      endStream: body === 'none',
      waitForTrailers: body === 'with-trailers',
    });
    this.#streams.add(stream);
    if (!this.#isPinging) this.deadlineMs = NEVER;
    stream.on('error', () => undefined);
    stream.once('close', () => this.#streamClosed(stream));
    return stream;
  }

  /** Why a stream of this session that has closed had no (whole) answer. */
  failureOf(stream: ClientHttp2Stream, hasAnswered: boolean): OriginFailure {
    const { id } = stream;
    const isUnprocessed = !hasAnswered && (id === undefined || id > this.#refusedAbove);
    const error =
      stream.errored ?? this.#error ?? (this.#phase === 'gone' ? new Error('the connection closed') : undefined);
    return streamFailure({ resetCode: stream.rstCode ?? 0, isUnprocessed, error, hasAnswered });
  }

  /** Asks for a sign of life, after something took too long; without one the session ends. */
  probe(): void {
    const { deadlines, limits } = this.#options;
    const nowMs = deadlines.nowMs();
    if (this.#isPinging || this.#phase === 'gone' || nowMs < this.#pingedAtMs + limits.pingIntervalMs) return;
    this.#pingedAtMs = nowMs;
    this.#isPinging = this.#session.ping((error) => {
      this.#isPinging = false;
      if (error === null) this.#rest();
    });
    if (this.#isPinging) this.deadlineMs = nowMs + limits.pingTimeoutMs;
  }

  /** Takes no more requests; ends with the last that is under way. */
  close(): void {
    if (this.#phase === 'connecting') this.destroy();
    else if (this.#phase === 'ready') {
      this.#leave();
      this.#session.close();
    }
  }

  destroy(): void {
    this.#session.destroy();
  }

  expire(): void {
    if (this.#phase === 'connecting') {
      this.#end(new OriginFailure('connect_timeout', 'the connection was not established in time'));
    } else if (this.#isPinging || this.#phase !== 'ready') {
      this.#error = new Error('the origin gave no sign of life');
      this.destroy();
    } else {
      this.close();
    }
  }

  #listen(): void {
    const session = this.#session;
    const { maxStreams, sessionWindowBytes } = this.#options.limits;
    session.once('connect', () => session.setLocalWindowSize(sessionWindowBytes));
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#maxStreams = Math.min(maxConcurrentStreams ?? maxStreams, maxStreams);
      if (this.#phase === 'connecting') {
        // Only now is it sure that the origin speaks HTTP/2, and how much it takes at once.
        this.#phase = 'ready';
        this.onConnected?.();
        this.#rest();
        this.#owner.sessionReady(this);
      } else {
        this.#owner.sessionRoomier(this);
      }
    });
    session.on('goaway', (_code, lastStreamId) => {
      this.#refusedAbove = Math.min(this.#refusedAbove, lastStreamId);
      this.#leave();
    });
    session.on('error', (error: Error) => {
      this.#error = error;
      session.destroy();
    });
    session.once('close', () => this.#end(sessionFailure(this.#error)));
  }

  /** The origin sends nothing more. Answers that are whole may still be on their way to slow callers; the others broke. */
  #hungUp(): void {
    this.#error ??= new Error('the origin closed the connection');
    if (this.#phase === 'connecting') {
      this.destroy();
      return;
    }
    this.#leave();
    for (const stream of this.#streams) if (!hasWholeAnswer(stream)) cancelStream(stream);
    this.#session.close();
  }

  #streamClosed(stream: ClientHttp2Stream): void {
    this.#streams.delete(stream);
    if (this.#phase !== 'ready') return;
    if (this.#streams.size === 0) this.#rest();
    this.#owner.sessionRoomier(this);
  }

  /** Nothing is due but the end of an idle time. */
  #rest(): void {
    const { deadlines, limits } = this.#options;
    this.deadlineMs = this.#streams.size === 0 ? deadlines.coarseNowMs + limits.idleMs : NEVER;
  }

  #leave(): void {
    if (this.#phase !== 'ready') return;
    this.#phase = 'closing';
    if (!this.#isPinging) this.deadlineMs = NEVER;
    this.#owner.sessionEnded(this, undefined);
  }

  #end(failure: OriginFailure): void {
    const phase = this.#phase;
    if (phase === 'gone') return;
    this.#phase = 'gone';
    this.#options.deadlines.delete(this);
    if (!this.#session.destroyed) this.#session.destroy();
    if (phase !== 'closing') this.#owner.sessionEnded(this, phase === 'connecting' ? failure : undefined);
    this.#owner.sessionClosed(this);
  }
}

function sessionFailure(error: Error | undefined): OriginFailure {
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_HTTP2_ERROR') return connectFailure(error);
  return new OriginFailure('connect_failed', 'the origin does not speak HTTP/2', error);
}

function hasWholeAnswer({ state: { state } }: ClientHttp2Stream): boolean {
  return (
    state !== nodeHttp2().constants.NGHTTP2_STREAM_STATE_OPEN &&
    state !== nodeHttp2().constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_LOCAL
  );
}
