import type { ClientConnection } from '../http1/client-connection.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import { OriginFailure } from '../http1/origin-failure.ts';
import type { OriginHandler } from '../http1/origin-handler.ts';
import type { Lease, Outcome } from '../upstream/lease.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AnswerDrain } from './answer-drain.ts';
import type { ExchangeLog } from './exchange-log.ts';
import type { ExchangeTimes } from './exchange-times.ts';
import type { Destination, Lane } from './lane.ts';
import { noLease } from './no-lease.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { ProxyCore } from './proxy-core.ts';
import type { ProxyErrorCode } from './proxy-error.ts';
import { type AttemptEvidence, mayRetryFailure, mayRetryStatus, wasNotSent } from './retry-policy.ts';

/** The exchange that the attempts are made for. */
export interface AttemptOwner extends OriginHandler {
  /** No (further) attempt can be made. */
  giveUp(code: ProxyErrorCode, reason: string): void;
}

/** What an {@link AttemptLoop} works with; all of the same connection. */
export interface AttemptParts {
  readonly core: ProxyCore;
  readonly client: ClientConnection;
  readonly out: OutgoingRequest;
  readonly log: ExchangeLog;
  readonly times: ExchangeTimes;
}

/**
 * Finds an endpoint for a request and a connection to it, and does so again when an attempt failed and what is known of
 * the failure allows it. One per client connection.
 */
export class AttemptLoop {
  /** The connection that the request is on, or waits for. */
  origin: OriginConnection | undefined = undefined;
  readonly #parts: AttemptParts;
  readonly #owner: AttemptOwner;
  #lane: Lane | undefined = undefined;
  #destination: Destination | undefined = undefined;
  #lease: Lease | undefined = undefined;
  /** Attempts with a lease of their own. */
  #attempts = 0;
  /** The present lease is tried on a fresh connection, after a reused one broke. */
  #isFresh = false;
  #stopWaiting: (() => void) | undefined = undefined;
  readonly #evidence: { -readonly [key in keyof AttemptEvidence]: AttemptEvidence[key] } = {
    isIdempotent: false,
    isReplayable: false,
    attempts: 0,
  };

  constructor(parts: AttemptParts, owner: AttemptOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Forgets the last request. */
  reset(): void {
    this.#lane = undefined;
    this.#destination = undefined;
    this.#lease = undefined;
    this.#attempts = 0;
    this.#isFresh = false;
  }

  /** The upstream is known to exist. */
  get hasEntered(): boolean {
    return this.#lane !== undefined;
  }

  /** The upstream exists: what is kept for it can be used, and the request may be counted under its name. */
  enter(upstream: Upstream): Lane {
    const lane = this.#parts.core.lane(upstream);
    this.#lane = lane;
    this.#parts.log.bind(lane);
    lane.budget.request(this.#parts.core.deadlines.coarseNowMs);
    return lane;
  }

  /** Leases an endpoint, another than the last if there is one, and tries it. */
  attempt(upstream: Upstream, hash: number | undefined): void {
    const lease = upstream.acquire(this.#lease?.endpoint, hash);
    this.#lease = lease;
    if (lease === undefined) {
      const { code, reason } = noLease(upstream);
      this.#owner.giveUp(code, reason);
      return;
    }
    this.#attempts += 1;
    this.#isFresh = false;
    this.#destination = (this.#lane ?? this.enter(upstream)).destination(lease.endpoint);
    this.#parts.log.attempt(lease.endpoint);
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
    const { log } = this.#parts;
    const origin = this.origin;
    this.origin = undefined;
    const lane = this.#lane;
    if (lane === undefined) return false;
    const evidence = this.#weigh();
    // The origin closed an idle connection just as it was used again: that says nothing about the endpoint.
    const wasStale = failure.code === 'closed_before_answer' && origin?.isReused === true && !this.#isFresh;
    if (wasStale && evidence.isIdempotent && evidence.isReplayable) {
      this.#isFresh = true;
      log.resent();
      this.#connect();
      return true;
    }
    const { upstream, budget } = lane;
    if (!mayRetryFailure(failure.code, evidence, upstream.settings.retry)) return false;
    // A request that never left costs the upstream nothing: it needs no budget.
    if (!wasNotSent(failure.code) && !budget.retry(this.#parts.core.deadlines.nowMs())) {
      log.retryRefused();
      return false;
    }
    this.settle({ kind: 'failed', cause: failure }, failure.code);
    this.attempt(upstream, hash);
    return true;
  }

  /** Whether another attempt is made instead of passing on an answer with this status; it has begun then. */
  goesOnAfterStatus(status: number, hash: number | undefined): boolean {
    const lane = this.#lane;
    if (status < 502 || lane === undefined) return false;
    if (!mayRetryStatus(status, this.#weigh(), lane.upstream.settings.retry)) return false;
    if (!lane.budget.retry(this.#parts.core.deadlines.nowMs())) {
      this.#parts.log.retryRefused();
      return false;
    }
    this.settle({ kind: 'responded', status }, undefined);
    this.#parts.out.detach();
    this.#leave();
    this.attempt(lane.upstream, hash);
    return true;
  }

  /** Gives the lease back and tells how it went; does nothing once that is done. */
  settle(outcome: Outcome, error: ProxyErrorCode | 'cancelled' | undefined): void {
    if (this.#lease === undefined) return;
    this.#lease.settle(outcome);
    this.#parts.log.attemptEnded(error);
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

  /** Takes an idle connection, or opens one, or waits until one may be had. */
  #connect(): void {
    const { pool } = this.#destination as Destination;
    const lane = this.#lane as Lane;
    const { limits, timeouts } = lane.upstream.settings;
    const idle = this.#isFresh ? undefined : pool.take();
    if (idle !== undefined) {
      this.origin = idle;
      this.send(idle);
      return;
    }
    if (pool.isFull) {
      if (limits.pending > 0 && lane.waitingCount >= limits.pending) {
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

  #weigh(): AttemptEvidence {
    const { isIdempotent, isReplayable } = this.#parts.out;
    this.#evidence.isIdempotent = isIdempotent;
    this.#evidence.isReplayable = isReplayable;
    this.#evidence.attempts = this.#attempts;
    return this.#evidence;
  }
}
