import type { ClientConnection } from '../http1/client-connection.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import { OriginFailure } from '../http1/origin-failure.ts';
import type { OriginHandler } from '../http1/origin-handler.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AnswerDrain } from './answer-drain.ts';
import type { AttemptLedger, GivesUp } from './attempt-ledger.ts';
import type { Destination } from './destination.ts';
import type { ExchangeLog } from './exchange-log.ts';
import type { ExchangeTimes } from './exchange-times.ts';
import type { Lane } from './lane.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { PollWaiter } from './poll-turn.ts';
import type { ProxyCore } from './proxy-core.ts';

/** The exchange that the attempts are made for. */
export interface AttemptOwner extends OriginHandler, GivesUp {}

/** What an {@link AttemptLoop} works with; all of the same connection. */
export interface AttemptParts {
  readonly core: ProxyCore;
  readonly client: ClientConnection;
  readonly out: OutgoingRequest;
  readonly log: ExchangeLog;
  readonly ledger: AttemptLedger;
  readonly times: ExchangeTimes;
}

/**
 * Finds an endpoint for a request and a connection to it, and does so again when an attempt failed and what is known of
 * the failure allows it. One per client connection.
 */
export class AttemptLoop implements PollWaiter {
  /** The connection that the request is on, or waits for. */
  origin: OriginConnection | undefined = undefined;
  readonly #parts: AttemptParts;
  readonly #owner: AttemptOwner;
  #destination: Destination | undefined = undefined;
  /** The present lease is tried on a fresh connection, after a reused one broke. */
  #isFresh = false;
  /** Nothing is sent before the connection is known to be alive. */
  #isPolling = false;
  #stopWaiting: (() => void) | undefined = undefined;

  constructor(parts: AttemptParts, owner: AttemptOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Forgets the last request. */
  reset(): void {
    this.#parts.ledger.reset();
    this.#destination = undefined;
    this.#isFresh = false;
  }

  /** Leases an endpoint, another than the last if there is one, and tries it. */
  attempt(upstream: Upstream, hash: number | undefined): void {
    const destination = this.#parts.ledger.lease(upstream, hash, this.#owner);
    if (destination === undefined) return;
    this.#isFresh = false;
    this.#destination = destination;
    this.#connect();
  }

  /** Sends the request on a connection that is ready for it. */
  send(origin: OriginConnection): void {
    const { out, client, times, log } = this.#parts;
    origin.begin(this.#owner, out.isHead);
    if (out.isWhole || client.request.expectsContinue) times.asked(origin);
    out.sendTo(origin, (this.#destination as Destination).hostLine, log.attemptFields);
    client.wire.resume();
  }

  /** Whether another attempt is made after this failure; it has begun then. */
  goesOnAfterFailure(failure: OriginFailure, hash: number | undefined): boolean {
    const { ledger, out, log } = this.#parts;
    const origin = this.origin;
    this.origin = undefined;
    const { lane } = ledger;
    if (lane === undefined) return false;
    // The origin closed an idle connection just as it was used again: that says nothing about the endpoint.
    const wasStale = failure.code === 'closed_before_answer' && origin?.isReused === true && !this.#isFresh;
    if (wasStale && out.isIdempotent && out.isReplayable) {
      this.#isFresh = true;
      log.resent();
      this.#connect();
      return true;
    }
    if (!ledger.mayFollowFailure(failure, out.isReplayable)) return false;
    this.attempt(lane.upstream, hash);
    return true;
  }

  /** Whether another attempt is made instead of passing on an answer with this status; it has begun then. */
  goesOnAfterStatus(status: number, hash: number | undefined): boolean {
    const { ledger, out } = this.#parts;
    const { lane } = ledger;
    if (lane === undefined || !ledger.mayFollowStatus(status, out.isReplayable)) return false;
    out.detach();
    this.#leave();
    this.attempt(lane.upstream, hash);
    return true;
  }

  /** The answer is whole: the connection is kept for others, if it can be. */
  release(): void {
    const origin = this.origin;
    this.origin = undefined;
    if (origin === undefined) return;
    if (this.#parts.out.isWhole) this.#destination?.pool.release(origin);
    else origin.drop();
  }

  /** Lets go of the connection, whatever it is doing. */
  drop(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#isPolling = false;
    this.origin?.drop();
    this.origin = undefined;
    this.#parts.out.detach();
  }

  /** Gives up the connection with an answer that is not wanted. */
  #leave(): void {
    const { origin } = this;
    const pool = this.#destination?.pool;
    this.origin = undefined;
    if (origin === undefined) return;
    if (this.#parts.out.isWhole && pool !== undefined) {
      AnswerDrain.begin(origin, pool, this.#parts.core.deadlines.coarseNowMs);
    } else {
      origin.drop();
    }
  }

  /**
   * What may be executed only once cannot be sent again when the origin has closed the connection before it came. What
   * the origin has done so far has been read by now: if the connection is still there, the rest of the risk is a matter
   * of microseconds.
   */
  polled(): void {
    const { origin } = this;
    if (!this.#isPolling || origin === undefined) return;
    this.#isPolling = false;
    if (origin.isIdle) {
      this.send(origin);
      return;
    }
    this.origin = undefined;
    this.#connect();
  }

  /** Takes an idle connection, or opens one, or waits until one may be had. */
  #connect(): void {
    const { pool } = this.#destination as Destination;
    const lane = this.#parts.ledger.lane as Lane;
    const { timeouts } = lane.upstream.settings;
    const idle = this.#isFresh ? undefined : pool.take();
    if (idle !== undefined) {
      this.origin = idle;
      if (this.#parts.out.isIdempotent) {
        this.send(idle);
      } else {
        this.#isPolling = true;
        this.#parts.core.pollTurn.wait(this);
      }
      return;
    }
    if (pool.isFull) {
      if (!lane.mayWait) {
        this.#owner.giveUp('limit_reached', `too many requests to ${lane.upstream.key} wait for a connection`);
        return;
      }
      this.#stopWaiting = pool.wait(() => {
        this.#stopWaiting = undefined;
        this.#connect();
      });
      return;
    }
    try {
      this.origin = pool.connect(this.#owner, this.#parts.times.after(timeouts.connectMs));
    } catch (error) {
      if (!(error instanceof OriginFailure)) throw error;
      this.#owner.originFailed(error);
    }
  }
}
