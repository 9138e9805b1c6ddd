import type { ClientHttp2Stream } from 'node:http2';
import { OriginFailure } from '../http1/origin-failure.ts';
import { headSize, requestHeaders } from '../http2/header-text.ts';
import type { OriginSession } from '../http2/origin-session.ts';
import { cancelStream } from '../http2/stream-reset.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { AttemptLedger } from './attempt-ledger.ts';
import type { Destination } from './destination.ts';
import type { ExchangeLog } from './exchange-log.ts';
import { grpcTimeoutText } from './grpc-timeout.ts';
import type { H2AttemptOwner } from './h2-attempt-owner.ts';
import type { H2Body } from './h2-body.ts';
import type { H2Times } from './h2-times.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { ProxyCore } from './proxy-core.ts';

/** What {@link H2Attempts} work with; all of the same exchange. */
export interface H2AttemptParts {
  readonly core: ProxyCore;
  readonly out: OutgoingRequest;
  readonly body: H2Body;
  readonly log: ExchangeLog;
  readonly ledger: AttemptLedger;
  readonly times: H2Times;
}

const END_STREAM = 1;

/** Finds an endpoint for a request and a session to it, and does so again where what is known of a failure allows it. */
export class H2Attempts {
  readonly #parts: H2AttemptParts;
  readonly #owner: H2AttemptOwner;
  #session: OriginSession | undefined = undefined;
  #origin: ClientHttp2Stream | undefined = undefined;
  #stopWaiting: (() => void) | undefined = undefined;

  constructor(parts: H2AttemptParts, owner: H2AttemptOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Leases an endpoint, another than the last if there is one, and tries it. */
  attempt(upstream: Upstream, hash: number | undefined): void {
    const destination = this.#parts.ledger.lease(upstream, hash, this.#owner);
    if (destination !== undefined) this.#connect(destination);
  }

  /** Whether another attempt is made after this failure; it has begun then. */
  goesOnAfterFailure(failure: OriginFailure, hash: number | undefined): boolean {
    const { ledger, body } = this.#parts;
    this.drop();
    const { lane } = ledger;
    if (lane === undefined || !ledger.mayFollowFailure(failure, body.isReplayable)) return false;
    this.attempt(lane.upstream, hash);
    return true;
  }

  /** Whether another attempt is made instead of passing on an answer with this status; it has begun then. */
  goesOnAfterStatus(status: number, hash: number | undefined): boolean {
    const { ledger, body } = this.#parts;
    const { lane } = ledger;
    if (lane === undefined || !ledger.mayFollowStatus(status, body.isReplayable)) return false;
    this.drop();
    this.attempt(lane.upstream, hash);
    return true;
  }

  /** The request is on its way to an origin. */
  get isSending(): boolean {
    return this.#origin !== undefined;
  }

  /** No answer has come in time. */
  timedOut(): OriginFailure {
    return new OriginFailure('answer_timeout', 'no answer came in time');
  }

  /** Asks the origin for a sign of life: something took too long. */
  suspect(): void {
    this.#session?.probe();
  }

  /** The answer is whole: the stream is left alone, but for a request that is still being sent. */
  release(): void {
    const origin = this.#origin;
    this.#origin = undefined;
    this.#parts.body.detach();
    // Its end mark would make half a request look whole.
    if (origin !== undefined && !this.#parts.body.isWhole) cancelStream(origin);
  }

  /** Lets go of the stream, whatever it is doing. */
  drop(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    const origin = this.#origin;
    this.#origin = undefined;
    this.#parts.body.detach();
    if (origin !== undefined) cancelStream(origin);
  }

  #connect(destination: Destination): void {
    const { sessions } = destination;
    const ready = sessions.take();
    if (ready !== undefined) {
      this.#send(ready, destination);
      return;
    }
    if (sessions.isFull) {
      const { lane } = this.#parts.ledger;
      this.#owner.giveUp('limit_reached', `too many requests to ${lane?.upstream.key} wait for a connection`);
      return;
    }
    const taker = {
      sessionReady: (session: OriginSession) => {
        this.#stopWaiting = undefined;
        this.#send(session, destination);
      },
      sessionFailed: (failure: OriginFailure) => {
        this.#stopWaiting = undefined;
        this.#owner.originFailed(failure);
      },
    };
    this.#stopWaiting = sessions.wait(taker, this.#parts.times.connectByMs);
  }

  #send(session: OriginSession, { hostLine }: Destination): void {
    const { core, out, body, log, times } = this.#parts;
    const headers = requestHeaders(out.head(hostLine, log.attemptFields), session.scheme);
    const mark = `1.1 ${core.viaMark}`;
    // Our own mark says which version the request came in (RFC 9110 §7.6.3).
    const asCame = (member: string) => (member === mark ? `2.0 ${core.viaMark}` : member);
    const { via } = headers;
    headers['via'] = Array.isArray(via) ? via.map(asCame) : asCame(String(via));
    if (headers['grpc-timeout'] !== undefined && times.leftMs !== Number.POSITIVE_INFINITY) {
      headers['grpc-timeout'] = grpcTimeoutText(times.leftMs);
    }
    let origin: ClientHttp2Stream;
    try {
      origin = session.request(headers, body.isEmpty ? 'none' : body.mayHaveTrailers ? 'with-trailers' : 'alone');
    } catch (error) {
      // The session ended as it was taken, or node:http2 will not send these fields: nothing has left.
      const reason = error instanceof Error ? error.message : String(error);
      this.#owner.originFailed(new OriginFailure('stream_refused', `the request could not be sent: ${reason}`));
      return;
    }
    this.#session = session;
    this.#origin = origin;
    this.#listen(session, origin);
    if (!body.isEmpty) body.sendTo(origin);
    if (body.isWhole) times.asked();
  }

  #listen(session: OriginSession, origin: ClientHttp2Stream): void {
    const owner = this.#owner;
    let hasAnswered = false;
    const { headBytes } = this.#parts.core.settings.limits;
    // node:http2 keeps to the limit only once the origin has acknowledged it.
    const fits = (raw: readonly string[]) => {
      if (headSize(raw) <= headBytes) return true;
      owner.originFailed(new OriginFailure('answer_malformed', 'the head of the answer is too large'));
      return false;
    };
    const isCurrent = () => this.#origin === origin;
    origin.on('headers', (headers, _flags, raw) => {
      if (isCurrent() && fits(raw)) owner.originInterim(Number(headers[':status']), raw);
    });
    origin.on('response', (headers, flags, raw) => {
      if (!isCurrent() || !fits(raw)) return;
      hasAnswered = true;
      const isWhole = (flags & END_STREAM) !== 0;
      owner.originAnswered(origin, { status: Number(headers[':status']), headers, raw, isWhole });
    });
    origin.on('trailers', (headers, _flags, raw) => {
      if (isCurrent() && fits(raw)) owner.originTrailers(raw, headers);
    });
    origin.on('data', (piece: Buffer) => {
      if (isCurrent()) owner.originData(origin, piece);
    });
    origin.on('end', () => {
      if (isCurrent() && hasAnswered && (origin.rstCode ?? 0) === NO_ERROR && !origin.aborted) owner.originEnded();
    });
    origin.on('close', () => {
      if (!isCurrent()) return;
      const failure = session.failureOf(origin, hasAnswered);
      this.#origin = undefined;
      owner.originFailed(failure);
    });
  }
}

const NO_ERROR = 0;
