import type { Endpoint, EndpointCheck } from '../upstream/endpoint.ts';

/** When an endpoint counts as flapping. */
export interface FlapSettings {
  /** Flaps (from usable to not, away and back) within `withinMs` that make it so. Default 5. */
  readonly flaps: number;
  /** Default 10 s. */
  readonly withinMs: number;
  /** It is trusted again after this long without a flap. Default 5 s. */
  readonly quietMs: number;
}

export const DEFAULT_FLAP_SETTINGS: FlapSettings = { flaps: 5, withinMs: 10_000, quietMs: 5000 };

/** An endpoint that was lost lately. */
interface Track {
  usable: boolean;
  flapsAtMs: readonly number[];
  isDamped: boolean;
  /** What is shown while it is damped: the checks that flap would be a change each time. */
  shown: { readonly checks: readonly EndpointCheck[]; readonly weight: number } | undefined;
}

/** What {@link FlapDamper.take} found. */
export interface Damped {
  /** The very list that was taken, unless something in it is damped. */
  readonly endpoints: readonly Endpoint[];
  /** Ids of endpoints that began to flap, and of those that have become steady. */
  readonly began: readonly string[];
  readonly ended: readonly string[];
}

/**
 * An endpoint that goes up and down (or in and out of the catalog) again and again counts as critical until it has
 * been steady for a while: one bad instance then costs one change instead of a stream of them. Removal is never
 * delayed. Damping never takes the last ones away: while it would leave nobody (or nobody passing) where the catalog has
 * some, the catalog counts as it is. Pure: time comes in.
 */
export class FlapDamper {
  readonly #settings: FlapSettings;
  /** Undefined while there are none: few services ever lose anybody. */
  #tracks: Map<string, Track> | undefined;
  #latest: readonly Endpoint[] = [];

  constructor(settings: FlapSettings) {
    this.#settings = settings;
  }

  /** Takes the catalog's newest set (or, without one, only the time that has passed). */
  take(endpoints: readonly Endpoint[] | undefined, nowMs: number): Damped {
    const began = endpoints === undefined ? [] : this.#note(endpoints, nowMs);
    const ended: string[] = [];
    for (const [id, track] of this.#tracks ?? []) {
      const lastFlapMs = track.flapsAtMs.at(-1) ?? Number.NEGATIVE_INFINITY;
      if (track.isDamped && nowMs - lastFlapMs >= this.#settings.quietMs) {
        track.isDamped = false;
        track.shown = undefined;
        track.flapsAtMs = [];
        ended.push(id);
      }
      if (!track.isDamped && nowMs - lastFlapMs > this.#settings.withinMs) this.#tracks?.delete(id);
    }
    if (this.#tracks?.size === 0) this.#tracks = undefined;
    return { endpoints: this.#shown(), began, ended };
  }

  /** How long until a damped endpoint may be trusted again; undefined when none is damped. */
  reviewInMs(nowMs: number): number | undefined {
    let inMs: number | undefined;
    for (const { isDamped, flapsAtMs } of this.#tracks?.values() ?? []) {
      if (!isDamped) continue;
      const dueInMs = Math.max(0, (flapsAtMs.at(-1) ?? nowMs) + this.#settings.quietMs - nowMs);
      inMs = Math.min(inMs ?? dueInMs, dueInMs);
    }
    return inMs;
  }

  #note(endpoints: readonly Endpoint[], nowMs: number): readonly string[] {
    const usable = new Set<string>();
    for (const endpoint of endpoints) if (isUsable(endpoint)) usable.add(endpoint.id);
    for (const endpoint of this.#latest) {
      if (!isUsable(endpoint) || usable.has(endpoint.id) || this.#tracks?.has(endpoint.id)) continue;
      this.#tracks ??= new Map();
      this.#tracks.set(endpoint.id, { usable: true, flapsAtMs: [], isDamped: false, shown: undefined });
    }
    this.#latest = endpoints;
    const began: string[] = [];
    for (const [id, track] of this.#tracks ?? []) {
      if (track.usable === usable.has(id)) continue;
      track.usable = !track.usable;
      const recent = track.flapsAtMs.filter((atMs) => nowMs - atMs <= this.#settings.withinMs);
      track.flapsAtMs = [...recent, nowMs].slice(-this.#settings.flaps);
      if (track.isDamped || track.flapsAtMs.length < this.#settings.flaps) continue;
      track.isDamped = true;
      began.push(id);
    }
    return began;
  }

  #shown(): readonly Endpoint[] {
    const isDamping = [...(this.#tracks?.values() ?? [])].some(({ isDamped }) => isDamped);
    if (!isDamping) return this.#latest;
    const damped = this.#latest.map((endpoint) => this.#damped(endpoint));
    const leavesSome = (isWanted: (endpoint: Endpoint) => boolean) =>
      damped.some(isWanted) || !this.#latest.some(isWanted);
    return leavesSome(isUsable) && leavesSome(isPassing) ? damped : this.#latest;
  }

  #damped(endpoint: Endpoint): Endpoint {
    const track = this.#tracks?.get(endpoint.id);
    // Maintenance is somebody's decision, and no flap.
    if (track?.isDamped !== true || endpoint.health === 'maintenance') return endpoint;
    track.shown ??= { checks: endpoint.checks, weight: endpoint.weight };
    return { ...endpoint, ...track.shown, health: 'critical' };
  }
}

function isUsable({ health }: Endpoint): boolean {
  return health === 'passing' || health === 'warning';
}

function isPassing({ health }: Endpoint): boolean {
  return health === 'passing';
}
