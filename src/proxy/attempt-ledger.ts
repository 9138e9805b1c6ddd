import type { OriginFailure } from '../http1/origin-failure.ts';
import type { Lease, Outcome } from '../upstream/lease.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Destination } from './destination.ts';
import type { ExchangeLog } from './exchange-log.ts';
import type { Lane } from './lane.ts';
import { noLease } from './no-lease.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { ProxyCore } from './proxy-core.ts';
import { ProxyError, type ProxyErrorCode } from './proxy-error.ts';
import type { RetryBudget } from './retry-budget.ts';
import { type AttemptEvidence, mayRetryFailure, mayRetryStatus, wasNotSent } from './retry-policy.ts';

/** Hears that no (further) attempt can be made. */
export interface GivesUp {
  giveUp(code: ProxyErrorCode, reason: string): void;
}

/**
 * A request's attempts as far as it does not matter what they are sent over: the endpoint leased, how many there were,
 * whether there may be another, and how each went. Used again for one request after the other.
 */
export class AttemptLedger {
  readonly #core: ProxyCore;
  readonly #out: OutgoingRequest;
  readonly #log: ExchangeLog;
  #lane: Lane | undefined = undefined;
  #lease: Lease | undefined = undefined;
  readonly #evidence: { -readonly [key in keyof AttemptEvidence]: AttemptEvidence[key] } = {
    isIdempotent: false,
    isReplayable: false,
    attempts: 0,
  };

  constructor(core: ProxyCore, out: OutgoingRequest, log: ExchangeLog) {
    this.#core = core;
    this.#out = out;
    this.#log = log;
  }

  /** Forgets the last request. */
  reset(): void {
    this.#lane = undefined;
    this.#lease = undefined;
    this.#evidence.attempts = 0;
  }

  /** What is kept for the request's upstream; undefined until that is known to exist. */
  get lane(): Lane | undefined {
    return this.#lane;
  }

  /** The upstream exists: what is kept for it can be used, and the request is counted under its name. */
  enter(upstream: Upstream): Lane {
    const lane = this.#core.lane(upstream);
    this.#lane = lane;
    this.#log.bind(lane);
    lane.budget.request(this.#core.deadlines.coarseNowMs);
    return lane;
  }

  /** Leases an endpoint, another than the last if there is one; undefined when there is none, which the owner has heard. */
  lease(upstream: Upstream, hash: number | undefined, owner: GivesUp): Destination | undefined {
    const lease = upstream.acquire(this.#lease?.endpoint, hash);
    this.#lease = lease;
    if (lease === undefined) {
      const { code, reason } = noLease(upstream);
      owner.giveUp(code, reason);
      return undefined;
    }
    this.#evidence.attempts += 1;
    const destination = (this.#lane ?? this.enter(upstream)).destination(lease.endpoint);
    this.#log.attempt(lease.endpoint);
    return destination;
  }

  /** Whether there is another attempt after this failure; the failed one is settled then. `isReplayable`: see {@link AttemptEvidence}. */
  mayFollowFailure(failure: OriginFailure, isReplayable: boolean): boolean {
    if (this.#lane === undefined) return false;
    const { upstream, budget } = this.#lane;
    if (!mayRetryFailure(failure.code, this.#weigh(isReplayable), upstream.settings.retry)) return false;
    // A request that never left costs the upstream nothing: it needs no budget.
    if (!wasNotSent(failure.code) && !this.#isInBudget(budget)) return false;
    this.settle({ kind: 'failed', cause: failure }, failure.code);
    return true;
  }

  /** Whether there is another attempt instead of passing on an answer with this status; the present one is settled then. */
  mayFollowStatus(status: number, isReplayable: boolean): boolean {
    if (status < 502 || this.#lane === undefined) return false;
    const { upstream, budget } = this.#lane;
    if (!mayRetryStatus(status, this.#weigh(isReplayable), upstream.settings.retry)) return false;
    if (!this.#isInBudget(budget)) return false;
    this.settle({ kind: 'responded', status }, undefined);
    return true;
  }

  /** The answer is there: its time is the endpoint's latency. */
  answered(): void {
    this.#lease?.answered();
  }

  /** Gives the lease back and tells how it went; does nothing once that is done. */
  settle(outcome: Outcome, error: ProxyErrorCode | 'cancelled' | undefined): void {
    if (this.#lease === undefined) return;
    this.#lease.settle(outcome);
    this.#log.attemptEnded(error);
  }

  /** The request ends without an origin's whole answer. Only an upstream's fault counts against the endpoint. */
  fail(code: ProxyErrorCode, reason: string, failure: OriginFailure | undefined): void {
    const cause = failure ?? new ProxyError(code, reason);
    this.settle(cause.side === 'upstream' ? { kind: 'failed', cause } : { kind: 'cancelled' }, code);
    this.#log.failed(code, reason);
  }

  /** The caller has gone. */
  cancel(): void {
    this.settle({ kind: 'cancelled' }, 'cancelled');
    this.#log.failed('cancelled', 'the caller went away');
  }

  #isInBudget(budget: RetryBudget): boolean {
    const isWithin = budget.retry(this.#core.deadlines.nowMs());
    if (!isWithin) this.#log.retryRefused();
    return isWithin;
  }

  #weigh(isReplayable: boolean): AttemptEvidence {
    this.#evidence.isIdempotent = this.#out.isIdempotent;
    this.#evidence.isReplayable = isReplayable;
    return this.#evidence;
  }
}
