import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSet } from '../upstream/endpoint-source.ts';

/**
 * What a direct TCP connection to an endpoint showed: something answers there, the host refuses (or there is no way to
 * it), nothing came back in time, or the attempt failed for a reason of our own and says nothing.
 */
export type ProbeResult = 'answers' | 'refuses' | 'silent' | 'unclear';

/** Why a held endpoint is held no longer. */
export type GuardVerdict = 'refused' | 'confirmed' | 'expired' | 'returned';

/** An endpoint that the guard has decided on. */
export interface GuardDecision {
  readonly endpoint: Endpoint;
  readonly verdict: GuardVerdict;
}

/** How distrustful the guard is. */
export interface ShrinkGuardSettings {
  /**
   * An endpoint that the leader does not list is held no longer than this. Default 30 s; the leader is asked once more at its
   * end, so a catalog that is right again by then costs no request.
   */
  readonly holdMs: number;
  /** Losses this close together count as one, in sets of eight and more. Default 1 s. */
  readonly togetherMs: number;
}

export const DEFAULT_SHRINK_GUARD: ShrinkGuardSettings = { holdMs: 30_000, togetherMs: 1000 };

/** Below this size a set that shrinks one by one is an ordinary scale-down, however quick. */
const CUMULATIVE_FROM = 8;

interface Held {
  readonly endpoint: Endpoint;
  sinceMs: number;
  probe: ProbeResult | undefined;
  /** Whether the leader still lists it; undefined while nobody knows. */
  listed: boolean | undefined;
}

/**
 * Doubts a catalog that loses more than half of a service's usable endpoints at once: a wiped agent, a denied token
 * (which reads as 200 and empty), a stale follower look exactly like a scale-down. What is missing stays in the view
 * until evidence decides; everything else in the new answer counts at once.
 *
 * Evidence about a missing endpoint: a host that refuses is gone, whoever lists it. One that answers is held, up to
 * `holdMs`. One that is silent is gone if the leader agrees. After `holdMs` whoever is held is gone, unless the leader
 * still lists it: then the answer was an old or broken one, and the time begins anew.
 *
 * Not doubted: an endpoint that was critical or in maintenance before it left (it announced its leaving), one whose
 * address is still listed under another id, and any loss of half or less. Pure: time comes in, decisions come out.
 */
export class ShrinkGuard {
  readonly #settings: ShrinkGuardSettings;
  /** Undefined while nothing is held, as is nearly always. */
  #held: Map<string, Held> | undefined;
  #offered: EndpointSet | undefined;
  #view: EndpointSet | undefined;
  #peaks: readonly { readonly atMs: number; readonly usable: number }[] = [];

  constructor(settings: ShrinkGuardSettings) {
    this.#settings = settings;
  }

  /** What to use: the newest answer, and what is held. Undefined before the first answer; the same object until it changes. */
  get view(): EndpointSet | undefined {
    return this.#view;
  }

  /** The endpoints in doubt. */
  get held(): readonly Endpoint[] {
    return [...this.#all()].map(({ endpoint }) => endpoint);
  }

  /** How long until the next hold runs out; undefined when nothing is held. */
  expiresInMs(nowMs: number): number | undefined {
    let earliestMs: number | undefined;
    for (const { sinceMs } of this.#all()) earliestMs = Math.min(earliestMs ?? sinceMs, sinceMs);
    return earliestMs === undefined ? undefined : Math.max(0, earliestMs + this.#settings.holdMs - nowMs);
  }

  /** Takes the source's new answer. Returns what is thereby decided; see {@link held} for what is newly in doubt. */
  offer(set: EndpointSet, nowMs: number): readonly GuardDecision[] {
    const before = this.#view?.endpoints ?? [];
    this.#notePeak(nowMs);
    const present = presence(set.endpoints);
    const returned = [...this.#all()].filter(({ endpoint }) => present(endpoint));
    for (const { endpoint } of returned) this.#held?.delete(endpoint.id);
    const usableBefore = before.filter(isUsable);
    const missing = usableBefore.filter((endpoint) => !present(endpoint) && this.#held?.has(endpoint.id) !== true);
    if (missing.length > 0 && this.#isSudden(set, usableBefore, nowMs)) {
      this.#held ??= new Map();
      for (const endpoint of missing) {
        this.#held.set(endpoint.id, { endpoint, sinceMs: nowMs, probe: undefined, listed: undefined });
      }
    }
    this.#offered = set;
    this.#rebuild();
    return returned.map(({ endpoint }) => ({ endpoint, verdict: 'returned' }));
  }

  /** Takes what probes of held endpoints showed. */
  probed(results: ReadonlyMap<string, ProbeResult>): readonly GuardDecision[] {
    for (const [id, result] of results) {
      const held = this.#held?.get(id);
      if (held !== undefined) held.probe = result;
    }
    return this.#decide();
  }

  /** Takes a consistent re-read: the endpoints the leader lists. Undefined: it could not be asked. */
  reread(listed: readonly Endpoint[] | undefined): readonly GuardDecision[] {
    const present = listed === undefined ? undefined : presence(listed);
    for (const held of this.#all()) held.listed = present?.(held.endpoint);
    return this.#decide();
  }

  /** Gives up what has been held for its time, and the leader does not list. */
  expire(nowMs: number): readonly GuardDecision[] {
    return this.#release((held) => {
      if (nowMs - held.sinceMs < this.#settings.holdMs) return undefined;
      if (held.listed !== true) return 'expired';
      held.sinceMs = nowMs;
      return undefined;
    });
  }

  #all(): Iterable<Held> {
    return this.#held?.values() ?? [];
  }

  #isSudden(set: EndpointSet, usableBefore: readonly Endpoint[], nowMs: number): boolean {
    const wasUsable = new Set(usableBefore.map(({ id }) => id));
    let remaining = 0;
    for (const endpoint of set.endpoints) if (isUsable(endpoint) || wasUsable.has(endpoint.id)) remaining += 1;
    let baseline = usableBefore.length;
    for (const { atMs, usable } of this.#peaks) {
      if (nowMs - atMs <= this.#settings.togetherMs && usable >= CUMULATIVE_FROM) baseline = Math.max(baseline, usable);
    }
    return remaining * 2 < baseline;
  }

  /** Remembers how many there were up to now. */
  #notePeak(nowMs: number): void {
    const recent = this.#peaks.filter(({ atMs }) => nowMs - atMs <= this.#settings.togetherMs);
    const usable = this.#view?.endpoints.filter(isUsable).length ?? 0;
    // Only a falling sequence can hold a maximum: whatever is lower and older never counts again.
    this.#peaks = recent.filter((peak) => peak.usable > usable).concat({ atMs: nowMs, usable });
  }

  #decide(): readonly GuardDecision[] {
    return this.#release(({ probe, listed }) => {
      if (probe === 'refuses') return 'refused';
      return probe === 'silent' && listed === false ? 'confirmed' : undefined;
    });
  }

  #release(verdictOf: (held: Held) => GuardVerdict | undefined): readonly GuardDecision[] {
    const decisions: GuardDecision[] = [];
    for (const held of [...this.#all()]) {
      const verdict = verdictOf(held);
      if (verdict === undefined) continue;
      this.#held?.delete(held.endpoint.id);
      decisions.push({ endpoint: held.endpoint, verdict });
    }
    if (decisions.length > 0) this.#rebuild();
    return decisions;
  }

  #rebuild(): void {
    const offered = this.#offered;
    if (offered === undefined) return;
    if (this.#held?.size === 0) this.#held = undefined;
    this.#view = this.#held === undefined ? offered : { ...offered, endpoints: [...offered.endpoints, ...this.held] };
  }
}

function isUsable({ health }: Endpoint): boolean {
  return health === 'passing' || health === 'warning';
}

/** Tells whether an endpoint is in the list, by id or, registered anew, by address. */
function presence(endpoints: readonly Endpoint[]): (endpoint: Endpoint) => boolean {
  const ids = new Set<string>();
  for (const { id } of endpoints) ids.add(id);
  // Only wanted once an id is missing, which is rare, and dear in a set of thousands.
  let addresses: Set<string> | undefined;
  return (endpoint) => {
    if (ids.has(endpoint.id)) return true;
    addresses ??= new Set(endpoints.map(addressOf));
    return addresses.has(addressOf(endpoint));
  };
}

function addressOf({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}
