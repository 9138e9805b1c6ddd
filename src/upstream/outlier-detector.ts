import type { Outcome } from './lease.ts';
import type { Member } from './member.ts';
import { type EjectionReason, UNBLEMISHED } from './member-history.ts';
import type { OutlierSettings } from './upstream-settings.ts';

/** An endpoint that comes back begins with this share of its weight, and grows by it: ten steps. */
const SLOW_START_STEP = 0.1;
/** A step is taken at its time even if a sum of milliseconds comes out a trifle short. */
const ROUNDING = 1e-6;
/** Fewer endpoints than this have no meaningful deviation (Envoy's `success_rate_minimum_hosts`). */
const MIN_COMPARED = 5;

/** Whose members the detector watches. An object, and no callbacks: there is one for each of a thousand upstreams. */
export interface OutlierDetectorOwner {
  /** How many members the catalog calls well now: what `maxEjected` is a share of. */
  readonly wellCount: number;
  /** Whether the catalog calls this one well. One that it does not may always be ejected: that takes nobody away. */
  isWell(member: Member): boolean;
  ejected(member: Member, reason: EjectionReason, forMs: number): void;
  returned(member: Member): void;
}

/**
 * Takes endpoints out of use that fail again and again, for a time that grows with each ejection, and lets them back in
 * slowly (Envoy's outlier detection). Holds only who is out or coming back; what was counted lies in the members.
 */
export class OutlierDetector {
  readonly #settings: OutlierSettings;
  readonly #owner: OutlierDetectorOwner;
  /** Ejected or returning; undefined before the first. */
  #marked: Set<Member> | undefined;

  constructor(settings: OutlierSettings, owner: OutlierDetectorOwner) {
    this.#settings = settings;
    this.#owner = owner;
  }

  /** Counts how a request went, if that says anything of the member. Whether it ejected the member. */
  note(member: Member, outcome: Outcome, nowMs: number): boolean {
    const verdict = verdictOf(outcome);
    if (verdict === 'none') return false;
    const history = member.record();
    history.windowRequests += 1;
    if (verdict === 'well') {
      history.failures = 0;
      history.gatewayFailures = 0;
      return false;
    }
    return this.#noteFailure(member, outcome, nowMs);
  }

  /** Begins a slow start, for a member that is used again for another reason than the end of an ejection. */
  startSlowly(member: Member, nowMs: number): void {
    const { ejections, kind } = member.outlier;
    // One that is out comes back slowly in its own time.
    if (kind === 'ejected' || this.#settings.slowStartMs === 0) return;
    member.record().outlier = { kind: 'returning', ejections, sinceMs: nowMs };
    this.#mark(member);
  }

  /** Ends ejections and slow starts whose time has come. Whether the weights or the set of usable members changed. */
  sweep(nowMs: number): boolean {
    let changed = false;
    for (const member of this.#marked ?? []) {
      const { outlier } = member;
      if (outlier.kind === 'ejected') {
        if (outlier.untilMs > nowMs) continue;
        this.#return(member, outlier.ejections, nowMs);
      } else if (outlier.kind === 'returning') {
        if (slowStartShare(member, this.#settings, nowMs) === 1) {
          member.record().outlier = { kind: 'in-use', ejections: outlier.ejections, sinceMs: nowMs };
          this.#marked?.delete(member);
        }
      } else {
        this.#marked?.delete(member);
      }
      changed = true;
    }
    return changed;
  }

  /** Ejects those whose success rate lies too far below the others'. Whether it ejected any; begins a new window. */
  compareSuccessRates(members: Iterable<Member>, nowMs: number): boolean {
    const { successRateDeviation, successRateVolume } = this.#settings;
    const compared: { readonly member: Member; readonly rate: number }[] = [];
    for (const member of members) {
      const { windowRequests, windowFailures } = member.history;
      if (windowRequests === 0) continue;
      if (windowRequests >= successRateVolume && member.outlier.kind !== 'ejected') {
        compared.push({ member, rate: 1 - windowFailures / windowRequests });
      }
      const history = member.record();
      history.windowRequests = history.windowFailures = 0;
    }
    if (compared.length < MIN_COMPARED) return false;
    const mean = compared.reduce((sum, { rate }) => sum + rate, 0) / compared.length;
    const variance = compared.reduce((sum, { rate }) => sum + (rate - mean) ** 2, 0) / compared.length;
    const floor = mean - successRateDeviation * Math.sqrt(variance);
    let ejected = false;
    for (const { member, rate } of compared) {
      if (rate < floor && this.#eject(member, 'success-rate', nowMs)) ejected = true;
    }
    return ejected;
  }

  /** When {@link sweep} has something to do next; undefined while nobody is out or coming back. */
  nextSweepAtMs(nowMs: number): number | undefined {
    const stepMs = this.#settings.slowStartMs * SLOW_START_STEP;
    let next: number | undefined;
    for (const { outlier } of this.#marked ?? []) {
      let atMs = nowMs;
      if (outlier.kind === 'ejected') {
        atMs = outlier.untilMs;
      } else if (outlier.kind === 'returning') {
        const steps = Math.floor((nowMs - outlier.sinceMs) / stepMs + ROUNDING) + 1;
        atMs = outlier.sinceMs + steps * stepMs;
      }
      if (next === undefined || atMs < next) next = atMs;
    }
    return next;
  }

  #noteFailure(member: Member, outcome: Outcome, nowMs: number): boolean {
    const { consecutiveFailures, consecutiveGatewayFailures } = this.#settings;
    const history = member.record();
    history.windowFailures += 1;
    history.failures += 1;
    const isGateway = outcome.kind === 'failed' || (outcome.kind === 'responded' && isGatewayStatus(outcome.status));
    history.gatewayFailures = isGateway ? history.gatewayFailures + 1 : 0;
    if (history.outlier.kind === 'ejected') return false;
    if (consecutiveFailures > 0 && history.failures >= consecutiveFailures) {
      return this.#eject(member, 'consecutive-failures', nowMs);
    }
    if (consecutiveGatewayFailures > 0 && history.gatewayFailures >= consecutiveGatewayFailures) {
      return this.#eject(member, 'consecutive-gateway-failures', nowMs);
    }
    return false;
  }

  #eject(member: Member, reason: EjectionReason, nowMs: number): boolean {
    if (!this.#mayEject(member)) return false;
    const { ejectForMs, maxEjectForMs } = this.#settings;
    const ejections = pastEjections(member, ejectForMs, nowMs) + 1;
    const forMs = Math.min(ejectForMs * ejections, maxEjectForMs);
    const history = member.record();
    history.outlier = { kind: 'ejected', ejections, sinceMs: nowMs, untilMs: nowMs + forMs, reason };
    history.failures = history.gatewayFailures = 0;
    this.#mark(member);
    this.#owner.ejected(member, reason, forMs);
    return true;
  }

  #mark(member: Member): void {
    this.#marked ??= new Set();
    this.#marked.add(member);
  }

  #mayEject(member: Member): boolean {
    const owner = this.#owner;
    if (!owner.isWell(member)) return true;
    let ejected = 0;
    for (const other of this.#marked ?? []) if (other.outlier.kind === 'ejected' && owner.isWell(other)) ejected += 1;
    return ejected + 1 <= Math.max(1, Math.floor(this.#settings.maxEjected * owner.wellCount));
  }

  #return(member: Member, ejections: number, nowMs: number): void {
    if (this.#settings.slowStartMs > 0) {
      member.record().outlier = { kind: 'returning', ejections, sinceMs: nowMs };
    } else {
      member.record().outlier = { kind: 'in-use', ejections, sinceMs: nowMs };
      this.#marked?.delete(member);
    }
    this.#owner.returned(member);
  }
}

/**
 * What an outcome says of the endpoint: it did well (any status below 500), it is at fault, or nothing: the request was
 * called off, or failed by the app's fault or ours.
 */
export function verdictOf(outcome: Outcome): 'well' | 'faulty' | 'none' {
  if (outcome.kind === 'cancelled') return 'none';
  if (outcome.kind === 'failed') return outcome.cause.side === 'upstream' ? 'faulty' : 'none';
  return outcome.status < 500 ? 'well' : 'faulty';
}

/** What share of its weight a member has now, 0.1…1, in steps of a tenth. */
export function slowStartShare({ outlier }: Member, { slowStartMs }: OutlierSettings, nowMs: number): number {
  if (outlier.kind !== 'returning') return 1;
  const steps = Math.floor((nowMs - outlier.sinceMs) / (slowStartMs * SLOW_START_STEP) + ROUNDING);
  return Math.min(1, Math.max(SLOW_START_STEP, steps * SLOW_START_STEP));
}

/** Earlier ejections that still count: each `ejectForMs` spent in use since takes one away. */
function pastEjections({ outlier }: Member, ejectForMs: number, nowMs: number): number {
  if (outlier === UNBLEMISHED || outlier.kind === 'ejected') return outlier.ejections;
  const inUseMs = nowMs - outlier.sinceMs;
  return ejectForMs === 0 ? 0 : Math.max(0, outlier.ejections - Math.floor(inUseMs / ejectForMs));
}

function isGatewayStatus(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
