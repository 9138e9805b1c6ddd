import type { Balancer } from '../balance/balancer.ts';
import { policies } from '../balance/by-name.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { Random } from '../runtime/random.ts';
import type { Diversion } from './diversion.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointSet } from './endpoint-source.ts';
import { type Choice, FailoverViews, type UpstreamState } from './failover-views.ts';
import { KnownWaiters } from './known-waiters.ts';
import type { Lease, Outcome } from './lease.ts';
import type { Member } from './member.ts';
import type { EjectionReason } from './member-history.ts';
import { MemberLease } from './member-lease.ts';
import { OutlierDetector, type OutlierDetectorOwner, slowStartShare, verdictOf } from './outlier-detector.ts';
import { pickOther } from './pick-other.ts';
import { isWell } from './select-candidates.ts';
import { Upkeep, type UpkeepOwner } from './upkeep.ts';
import type { UpstreamEvent, UpstreamObserver } from './upstream-event.ts';
import type { UpstreamOptions } from './upstream-options.ts';
import type { UpstreamSettings } from './upstream-settings.ts';
import type { UpstreamTotals } from './upstream-totals.ts';
import type { View } from './view.ts';
import { weighed } from './weighed.ts';

/** Beyond this many candidates, ejections are gathered before the list is computed anew… */
const LONG_LIST = 256;
/** …for this long per candidate: 10 ms for a thousand. */
const CHOOSE_DELAY_MS = 0.01;

/** Why {@link Upstream.acquire} gave nothing: too many requests under way, or nobody to send them to. */
export type Refusal = 'limit' | 'none';

/**
 * A service as one caller sees it: who is there, who of them is used, and how much each has to do. Knows nothing of
 * catalogs (it is told what they say) nor of sockets (it is told how requests went).
 */
export class Upstream implements OutlierDetectorOwner, UpkeepOwner {
  readonly key: string;
  readonly settings: UpstreamSettings;
  readonly totals: UpstreamTotals = { responded: 0, failed: 0, cancelled: 0, limited: 0 };
  /** Why the last {@link acquire} that gave nothing did so. */
  refusal: Refusal = 'none';
  /** Where the catalog's traffic rules send requests instead; undefined: there are none. Set by {@link divert}. */
  diversion: Diversion<Upstream> | undefined = undefined;
  /** Called when another number of views is to be watched: the first, and as many failovers. */
  onWanted: ((count: number) => void) | undefined;
  readonly clock: Clock;
  readonly #random: Random;
  readonly #observer: UpstreamObserver | undefined;
  readonly #views: FailoverViews;
  readonly #balancer: Balancer;
  readonly #detector: OutlierDetector;
  readonly #known: KnownWaiters;
  readonly #upkeep: Upkeep;
  #choice: Choice;
  #candidates: readonly Member[] = [];
  #inFlight = 0;
  #closed = false;

  constructor({ key, settings, clock, random, observer }: UpstreamOptions) {
    this.key = key;
    this.settings = settings;
    this.clock = clock;
    this.#random = random;
    this.#observer = observer;
    this.#views = new FailoverViews(settings);
    this.#balancer = policies[settings.policy](random);
    this.#known = new KnownWaiters(clock);
    this.#detector = new OutlierDetector(settings.outlier, this);
    this.#choice = this.#views.choose(clock.nowMs());
    this.#upkeep = new Upkeep(this, this.#detector);
  }

  get state(): UpstreamState {
    // Where requests go elsewhere, it does not matter whether there is anybody here.
    if (this.diversion !== undefined) return 'ready';
    return this.#views.state(this.#choice.view);
  }

  /** Nobody tells it anything any more: it was evicted, or replaced by a reload. What is kept for it can go. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Requests under way, those at endpoints that have left the catalog included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whom requests go to now, and why; for `explain` and `describe`. */
  get choice(): Choice {
    return this.#choice;
  }

  /** All views that have endpoints; the first is the upstream's own, unless it has none yet. */
  get views(): Iterable<View> {
    return this.#views.filled();
  }

  /** How many views have to be watched now; see {@link onWanted}. */
  get wanted(): number {
    return this.#choice.wanted;
  }

  /** Waits until there is an answer to "who is there", or none is to be had for now, at most `timeoutMs`. */
  whenKnown(timeoutMs: number): Promise<void> {
    return this.#known.wait(timeoutMs);
  }

  /** Takes what the catalog says now. `tier`: 0 is the upstream's own datacenter, 1… its failovers. */
  apply(set: EndpointSet, tier = 0): void {
    const view = this.#views.views[tier];
    if (view === undefined || this.#closed) return;
    const nowMs = this.clock.nowMs();
    const { recovered, ...change } = view.apply(set, nowMs);
    for (const member of recovered) this.#detector.startSlowly(member, nowMs);
    this.chooseAnew();
    if (change.added.length + change.removed.length + change.changed.length > 0) {
      this.#tell({ kind: 'view', origin: set.origin, datacenter: view.datacenter, ...change });
    }
  }

  /** The catalog has answered, and what it said last still holds. */
  confirm(tier = 0): void {
    const view = this.#views.views[tier];
    if (view?.origin !== undefined) view.confirmedAtMs = this.clock.nowMs();
  }

  /** The catalog could not be asked. A view that there is stays; without one, this is an answer for now. */
  fail(error: CodedError, tier = 0): void {
    const view = this.#views.views[tier];
    if (view === undefined || this.#closed) return;
    if (view.knowledge === 'nothing') {
      view.knowledge = 'failed';
      this.chooseAnew();
    }
    this.#tell({ kind: 'watch-failed', datacenter: view.datacenter, error });
  }

  /**
   * Leases an endpoint for one request; undefined when there is none to give, and {@link refusal} says why.
   * @param exclude where the request failed before: another is preferred
   * @param hash 32-bit hash of what the request sticks to, for `ring-hash`
   */
  acquire(exclude?: Endpoint, hash?: number): Lease | undefined {
    const { requests } = this.settings.limits;
    if (requests > 0 && this.#inFlight >= requests) {
      this.totals.limited += 1;
      this.refusal = 'limit';
      return undefined;
    }
    const picked = this.#balancer.pick(this.#candidates, hash);
    if (picked === undefined) {
      this.refusal = 'none';
      return undefined;
    }
    const member = exclude === undefined ? picked : pickOther(exclude, picked, this.#choice.selection, this.#random);
    this.#inFlight += 1;
    const history = member.record();
    history.inFlight += 1;
    history.requests += 1;
    return new MemberLease(member, this);
  }

  /** The endpoint that the next request would get; undefined when chance decides, or nobody is there. */
  peek(hash?: number): Endpoint | undefined {
    return this.#balancer.peek(this.#candidates, hash)?.endpoint;
  }

  /** Takes a lease back; called by the lease, once. */
  settled(member: Member, outcome: Outcome, latencyMs: number, nowMs: number): void {
    const history = member.record();
    this.#inFlight -= 1;
    history.inFlight -= 1;
    this.totals[outcome.kind] += 1;
    if (outcome.kind === 'responded') history.noteAnswer(latencyMs, nowMs);
    const verdict = verdictOf(outcome);
    if (verdict === 'well') history.noteLatency(latencyMs, nowMs);
    if (verdict === 'faulty') history.noteFault(latencyMs, nowMs);
    const ejected = this.#detector.note(member, outcome, nowMs);
    if (member.departed) for (const view of this.#views.views) view.release(member);
    if (ejected) this.#chooseAfterEjection();
  }

  /** Shows the load of other processes, where this one has none (see `upstream-load.ts`), and chooses anew. */
  show(inFlight: number): void {
    this.#inFlight = inFlight;
    this.chooseAnew();
  }

  /** Takes the catalog's traffic rules. */
  divert(diversion: Diversion<Upstream> | undefined): void {
    if (this.#closed) return;
    this.diversion = diversion;
    if (diversion !== undefined) this.#known.release();
  }

  /** Lets go of timers and of whoever waits. Leases that are out can still be settled. */
  close(): void {
    this.#closed = true;
    this.#upkeep.stop();
    this.#known.release();
  }

  /**
   * At once for a list of usual length. For a long one a little later, so that an outage that ejects hundreds in a
   * second does not compute a list of thousands, and whatever the policy derives from it, for each.
   */
  #chooseAfterEjection(): void {
    const { length } = this.#candidates;
    if (length > LONG_LIST) this.#upkeep.changeSoon(length * CHOOSE_DELAY_MS);
    else this.chooseAnew();
  }

  /** Computes anew who is used, after anything that may have changed it. */
  chooseAnew(): void {
    const before = this.#choice;
    const nowMs = this.clock.nowMs();
    this.#choice = this.#views.choose(nowMs);
    const { view, selection, wanted, decided } = this.#choice;
    this.#candidates = weighed(this.#candidates, selection.candidates, (member) =>
      slowStartShare(member, this.settings.outlier, nowMs),
    );
    if (selection.panic !== before.selection.panic) this.#tell({ kind: 'panic', on: selection.panic });
    if (view.datacenter !== before.view.datacenter) this.#tell({ kind: 'failover', datacenter: view.datacenter });
    if (decided) this.#known.release();
    if (wanted !== before.wanted) this.onWanted?.(wanted);
    this.#upkeep.arm();
  }

  /** For the detector; as are the next three. */
  get wellCount(): number {
    return this.#choice.selection.wellCount;
  }

  isWell(member: Member): boolean {
    const { endpoint, departed } = member;
    return !departed && endpoint.probeFailure === undefined && isWell(endpoint, this.settings);
  }

  ejected({ endpoint }: Member, reason: EjectionReason, forMs: number): void {
    this.#tell({ kind: 'ejected', endpoint, reason, forMs });
  }

  returned(member: Member): void {
    this.#tell({ kind: 'returned', endpoint: member.endpoint });
    if (member.departed) for (const view of this.#views.views) view.release(member);
  }

  /** Those that requests go to now, or would if they were well. */
  members(): Iterable<Member> {
    return this.#choice.view.members();
  }

  #tell(event: UpstreamEvent): void {
    this.#observer?.(event, this.key);
  }
}
