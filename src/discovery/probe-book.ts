import type { Endpoint } from '../upstream/endpoint.ts';

/** When an endpoint counts as failing, and when as well again. */
export interface ProbeThresholds {
  /** Successes in a row. */
  readonly rise: number;
  /** Failures in a row. */
  readonly fall: number;
}

/** What a probe of an endpoint showed; `unclear`: it failed for a reason of our own and says nothing. */
export interface EndpointProbeResult {
  readonly kind: 'passing' | 'failing' | 'unclear';
  /** For people. */
  readonly output: string;
}

interface Track {
  endpoint: Endpoint;
  /** The endpoint with its mark, while it fails. */
  marked: Endpoint | undefined;
  /** Results in a row that speak for a change. */
  streak: number;
  isUnderWay: boolean;
}

/**
 * What probes found out about each endpoint of a set, kept by id over updates of the list. A new endpoint is trusted
 * until probes have failed `fall` times: the catalog has vouched for it. Pure: results come in, marks come out.
 */
export class ProbeBook {
  readonly #thresholds: ProbeThresholds;
  #tracks: ReadonlyMap<string, Track> = new Map();

  constructor(thresholds: ProbeThresholds) {
    this.#thresholds = thresholds;
  }

  /** Takes the newest set. Another address under the same id is another process: nothing is known of it. */
  take(endpoints: readonly Endpoint[]): void {
    const tracks = new Map<string, Track>();
    for (const endpoint of endpoints) {
      const known = this.#tracks.get(endpoint.id);
      const isSame = known?.endpoint.host === endpoint.host && known.endpoint.port === endpoint.port;
      const track: Track =
        known !== undefined && isSame ? known : { endpoint, marked: undefined, streak: 0, isUnderWay: false };
      if (track.endpoint !== endpoint && track.marked !== undefined) {
        track.marked = { ...endpoint, probeFailure: track.marked.probeFailure };
      }
      track.endpoint = endpoint;
      tracks.set(endpoint.id, track);
    }
    this.#tracks = tracks;
  }

  /** The endpoints of the newest set, those that fail with their mark; the others are the very same objects. */
  marked(): readonly Endpoint[] {
    return [...this.#tracks.values()].map(({ endpoint, marked }) => marked ?? endpoint);
  }

  /** The ids of the newest set. What is in maintenance is not to be used, so nobody needs to know how it is. */
  ids(): string[] {
    return [...this.#tracks].filter(([, { endpoint }]) => endpoint.health !== 'maintenance').map(([id]) => id);
  }

  /** Where to send a probe now; undefined when the endpoint has gone, or one is under way. The result goes to {@link note}. */
  begin(id: string): Endpoint | undefined {
    const track = this.#tracks.get(id);
    if (track === undefined || track.isUnderWay) return undefined;
    track.isUnderWay = true;
    return track.endpoint;
  }

  /**
   * Takes the result of a probe of `endpoint`. Whether the endpoint thereby began to fail or is well again; undefined
   * when nothing changed. Results about an endpoint that has gone, or moved, do not count.
   */
  note({ id, host, port }: Endpoint, { kind, output }: EndpointProbeResult): 'failing' | 'passing' | undefined {
    const track = this.#tracks.get(id);
    if (track === undefined || track.endpoint.host !== host || track.endpoint.port !== port) return undefined;
    track.isUnderWay = false;
    if (kind === 'unclear') return undefined;
    const isFailing = track.marked !== undefined;
    if ((kind === 'failing') === isFailing) {
      track.streak = 0;
      return undefined;
    }
    track.streak += 1;
    if (track.streak < this.#thresholds[isFailing ? 'rise' : 'fall']) return undefined;
    track.streak = 0;
    track.marked = isFailing ? undefined : { ...track.endpoint, probeFailure: output };
    return kind;
  }
}
