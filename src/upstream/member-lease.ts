import type { Clock } from '../runtime/clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { Lease, Outcome } from './lease.ts';
import type { Member } from './member.ts';

/** Takes a lease back. Four plain arguments, as this is called for each request. */
export interface LeaseOffice {
  readonly clock: Clock;
  settled(member: Member, outcome: Outcome, latencyMs: number, nowMs: number): void;
}

/** A {@link Lease} on a member; the only object made per request. */
export class MemberLease implements Lease {
  readonly endpoint: Endpoint;
  readonly #member: Member;
  readonly #startMs: number;
  #latencyMs = -1;
  /** Undefined once settled. */
  #office: LeaseOffice | undefined;

  constructor(member: Member, office: LeaseOffice) {
    this.endpoint = member.endpoint;
    this.#member = member;
    this.#office = office;
    this.#startMs = office.clock.nowMs();
  }

  answered(): void {
    const office = this.#office;
    if (office !== undefined && this.#latencyMs < 0) this.#latencyMs = office.clock.nowMs() - this.#startMs;
  }

  settle(outcome: Outcome): void {
    const office = this.#office;
    if (office === undefined) return;
    this.#office = undefined;
    const nowMs = office.clock.nowMs();
    const latencyMs = this.#latencyMs < 0 ? nowMs - this.#startMs : this.#latencyMs;
    office.settled(this.#member, outcome, latencyMs, nowMs);
  }
}
