import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Deadlines, Expirable } from '../http1/deadlines.ts';
import { FloodGuard } from './flood-guard.ts';
import { nodeHttp2 } from './node-http2.ts';
import { type SessionLimits, sessionOptions } from './session-settings.ts';

/** What a {@link ServerSession} needs. */
export interface ServerSessionOptions {
  readonly deadlines: Deadlines;
  readonly limits: ServerSessionLimits;
  /** A request has come: its fields as names and values in turn, and whether nothing follows them. */
  readonly onStream: (stream: ServerHttp2Stream, raw: readonly string[], isWhole: boolean) => void;
  readonly onClose: () => void;
}

/** What a client may do on one session. */
export interface ServerSessionLimits extends SessionLimits {
  /** Requests at once. */
  readonly maxStreams: number;
  /** Requests that it may reset at once… */
  readonly resetBurst: number;
  /** …and each second afterwards (CVE-2023-44487). */
  readonly resetsPerSecond: number;
  /** From the connection's start to its settings. */
  readonly headMs: number;
  /** How long a session without requests is kept. */
  readonly keepAliveMs: number;
}

/** How long a session that was told to end waits for what is under way on it; the proxy's drain ends sooner. */
const CLOSING_MS = 600_000;

/** HTTP/2 with a client, on a socket that has shown the preface. */
export class ServerSession implements Expirable {
  deadlineMs: number = Number.POSITIVE_INFINITY;
  readonly #options: ServerSessionOptions;
  readonly #session: ServerHttp2Session;
  readonly #guard: FloodGuard;
  #streams = 0;
  #isClosing = false;

  /** @param socket with everything it has received so far still to be read */
  constructor(socket: Duplex, options: ServerSessionOptions) {
    const { deadlines, limits } = options;
    this.#options = options;
    this.#guard = new FloodGuard(deadlines.nowMs());
    this.#session = nodeHttp2().performServerHandshake(socket, {
      ...sessionOptions(limits),
      streamResetBurst: limits.resetBurst,
      streamResetRate: limits.resetsPerSecond,
      settings: {
        enablePush: false,
        initialWindowSize: limits.streamWindowBytes,
        maxConcurrentStreams: limits.maxStreams,
        maxHeaderListSize: limits.headBytes,
      },
    });
    this.#session.setLocalWindowSize(limits.sessionWindowBytes);
    this.#listen();
    deadlines.add(this, limits.headMs);
  }

  /** Takes no further requests; the session ends with the last that is under way. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.deadlineMs = this.#options.deadlines.coarseNowMs + CLOSING_MS;
    this.#session.close();
  }

  expire(): void {
    if (this.#isClosing || this.#streams > 0) this.#session.destroy();
    else this.close();
  }

  #listen(): void {
    const { deadlines, limits, onStream, onClose } = this.#options;
    const session = this.#session;
    session.on('stream', (stream, _headers, flags, raw) => {
      this.#streams += 1;
      this.deadlineMs = Number.POSITIVE_INFINITY;
      // What breaks is told by 'aborted' and 'close'; without a listener it would end the process.
      stream.on('error', () => undefined);
      stream.once('close', () => {
        this.#streams -= 1;
        if (this.#streams === 0 && !this.#isClosing) this.deadlineMs = deadlines.coarseNowMs + limits.keepAliveMs;
      });
      onStream(stream, raw, (flags & nodeHttp2().constants.NGHTTP2_FLAG_END_STREAM) !== 0);
    });
    session.once('remoteSettings', () => {
      if (this.#streams === 0 && !this.#isClosing) this.deadlineMs = deadlines.coarseNowMs + limits.keepAliveMs;
    });
    const count = () => {
      if (!this.#guard.count(deadlines.nowMs()))
        session.destroy(undefined, nodeHttp2().constants.NGHTTP2_ENHANCE_YOUR_CALM);
    };
    session.on('remoteSettings', count);
    session.on('ping', count);
    session.on('error', () => session.destroy());
    session.once('close', () => {
      deadlines.delete(this);
      onClose();
    });
  }
}
