import { addedCounts } from './answer-times.ts';
import type { Member } from './member.ts';
import { type EjectionReason, UNBLEMISHED } from './member-history.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamTable } from './upstream-table.ts';
import type { UpstreamTotals } from './upstream-totals.ts';

/** What one process did at an endpoint, and thinks of it. Plain data for another process. */
export interface MemberLoad {
  /** The endpoint's id. */
  readonly id: string;
  readonly inFlight: number;
  readonly requests: number;
  readonly failed: number;
  readonly latencyMs: number;
  /** Of its latest answers' times; see `answer-times.ts`. */
  readonly answers: readonly number[];
  /** Undefined: it is not ejected. */
  readonly ejected:
    | { readonly reason: EjectionReason; readonly ejections: number; readonly returnsInMs: number }
    | undefined;
}

/** What one process did at an upstream; endpoints that it did nothing at are left out. */
export interface UpstreamLoad {
  readonly key: string;
  readonly inFlight: number;
  readonly totals: Readonly<UpstreamTotals>;
  readonly members: readonly MemberLoad[];
}

/** The load of an upstream in this process. */
export function loadOf(upstream: Upstream): UpstreamLoad {
  const nowMs = upstream.clock.nowMs();
  const members: MemberLoad[] = [];
  for (const member of membersOf(upstream)) {
    const { id, history } = member;
    const { inFlight, requests, failed, latencyMs, outlier } = history;
    if (requests === 0 && outlier.kind !== 'ejected') continue;
    const ejected =
      outlier.kind === 'ejected'
        ? { reason: outlier.reason, ejections: outlier.ejections, returnsInMs: Math.max(0, outlier.untilMs - nowMs) }
        : undefined;
    members.push({ id, inFlight, requests, failed, latencyMs, answers: history.answerCounts(nowMs), ejected });
  }
  return { key: upstream.key, inFlight: upstream.inFlight, totals: { ...upstream.totals }, members };
}

/**
 * Adds up what several processes do at the same upstreams, and shows it in a table that has no traffic of its own. An
 * endpoint counts as ejected when any of them ejected it; its latency is the longest that one of them sees.
 */
export class LoadSum {
  readonly #latest = new Map<number, readonly UpstreamLoad[]>();
  /** Of processes that have ended: what they did stays in the totals. */
  #past: readonly UpstreamLoad[] = [];

  /** What a process does now. */
  set(from: number, loads: readonly UpstreamLoad[]): void {
    this.#latest.set(from, loads);
  }

  /** The process has ended. */
  forget(from: number): void {
    const ended = (this.#latest.get(from) ?? []).map((load) => ({
      ...load,
      inFlight: 0,
      members: load.members.map((member) => ({
        ...member,
        inFlight: 0,
        latencyMs: 0,
        answers: [],
        ejected: undefined,
      })),
    }));
    this.#latest.delete(from);
    this.#past = summed([this.#past, ended]);
  }

  showIn(table: UpstreamTable): void {
    const open = new Set(table.list().map(({ key }) => key));
    this.#past = this.#past.filter(({ key }) => open.has(key));
    const all = new Map(summed([this.#past, ...this.#latest.values()]).map((load) => [load.key, load]));
    for (const upstream of table.list()) {
      const { inFlight, totals, members } = all.get(upstream.key) ?? NOTHING;
      Object.assign(upstream.totals, totals);
      const byId = new Map(members.map((member) => [member.id, member]));
      for (const member of membersOf(upstream)) showMember(member, byId.get(member.id), upstream.clock.nowMs());
      upstream.show(inFlight);
    }
  }
}

const NOTHING: Omit<UpstreamLoad, 'key'> = {
  inFlight: 0,
  totals: { responded: 0, failed: 0, cancelled: 0, limited: 0 },
  members: [],
};

function* membersOf(upstream: Upstream): Generator<Member, void, undefined> {
  for (const view of upstream.views) {
    yield* view.members();
    yield* view.departed();
  }
}

function showMember(member: Member, load: MemberLoad | undefined, nowMs: number): void {
  if (load === undefined && member.history.requests === 0 && member.outlier === UNBLEMISHED) return;
  const history = member.record();
  history.inFlight = load?.inFlight ?? 0;
  history.requests = load?.requests ?? 0;
  history.failed = load?.failed ?? 0;
  history.latencyMs = load?.latencyMs ?? 0;
  history.shownAnswers = load?.answers ?? [];
  const ejected = load?.ejected;
  if (ejected === undefined) {
    if (history.outlier.kind === 'ejected') history.outlier = UNBLEMISHED;
    return;
  }
  const { reason, ejections, returnsInMs } = ejected;
  history.outlier = { kind: 'ejected', reason, ejections, sinceMs: nowMs, untilMs: nowMs + returnsInMs };
}

function summed(lists: readonly (readonly UpstreamLoad[])[]): UpstreamLoad[] {
  const sums = new Map<string, UpstreamLoad>();
  for (const load of lists.flat()) {
    const before = sums.get(load.key);
    sums.set(load.key, before === undefined ? load : sumOf(before, load));
  }
  return [...sums.values()];
}

function sumOf(a: UpstreamLoad, b: UpstreamLoad): UpstreamLoad {
  const members = new Map(a.members.map((member) => [member.id, member]));
  for (const member of b.members) {
    const before = members.get(member.id);
    members.set(member.id, before === undefined ? member : memberSum(before, member));
  }
  return {
    key: a.key,
    inFlight: a.inFlight + b.inFlight,
    totals: {
      responded: a.totals.responded + b.totals.responded,
      failed: a.totals.failed + b.totals.failed,
      cancelled: a.totals.cancelled + b.totals.cancelled,
      limited: a.totals.limited + b.totals.limited,
    },
    members: [...members.values()],
  };
}

function memberSum(a: MemberLoad, b: MemberLoad): MemberLoad {
  const isLonger = (a.ejected?.returnsInMs ?? -1) >= (b.ejected?.returnsInMs ?? -1);
  return {
    id: a.id,
    inFlight: a.inFlight + b.inFlight,
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    latencyMs: Math.max(a.latencyMs, b.latencyMs),
    answers: addedCounts(a.answers, b.answers),
    ejected: isLonger ? a.ejected : b.ejected,
  };
}
