import type { Deadlines } from '../http1/deadlines.ts';
import type { Peer } from '../http1/listener.ts';
import type { DialOptions } from '../http1/origin-dial.ts';
import type { TraceDecider } from '../telemetry/trace-decision.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { Lane } from './lane.ts';
import { PollTurn } from './poll-turn.ts';
import type { ProxySettings } from './proxy-settings.ts';
import type { BoundRecorder, ConnectionRecord, Recorder, RequestRecord } from './recorder.ts';
import type { UpstreamDirectory } from './upstream-directory.ts';

/** What a {@link ProxyCore} is made of. */
export interface ProxyCoreOptions {
  readonly settings: ProxySettings;
  readonly upstreams: UpstreamDirectory;
  readonly deadlines: Deadlines;
  readonly recorder: Recorder;
  readonly tracer: TraceDecider | undefined;
  /** Hears of each request that has ended; for the access log. Undefined: nobody wants to know. */
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
  /** The same for each TCP connection. */
  readonly onConnection: ((record: ConnectionRecord) => void) | undefined;
  /** Says why an address must not be dialled; undefined when it may. */
  readonly refuseAddress: DialOptions['refuseAddress'];
  readonly wallMs: () => number;
}

/** How and where a connection came in. */
export interface Arrival {
  readonly peer: Peer;
  readonly scheme: 'http' | 'https';
  /** Requests come over HTTP/2. Default false. */
  readonly isHttp2?: boolean;
  /** Names and addresses under which the proxy may be called by path here. */
  readonly ownNames: ReadonlySet<string>;
  /** Web pages cannot reach it (a unix socket), or whoever runs it has switched the guard off. */
  readonly isUnguarded: boolean;
  /** The upstream that the listener belongs to; undefined for a common one. */
  readonly pinned: (() => Upstream) | undefined;
}

/** What all exchanges of a proxy share. */
export class ProxyCore {
  readonly settings: ProxySettings;
  readonly upstreams: UpstreamDirectory;
  readonly deadlines: Deadlines;
  readonly tracer: TraceDecider | undefined;
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
  readonly onConnection: ((record: ConnectionRecord) => void) | undefined;
  readonly wallMs: () => number;
  /** Records requests that led to no upstream. */
  readonly strayRecorder: BoundRecorder;
  /** Our own mark in Via. */
  readonly viaMark: string;
  readonly pollTurn: PollTurn = new PollTurn();
  /** No request may follow the present one on a connection. */
  isDraining = false;
  readonly #options: ProxyCoreOptions;
  readonly #lanes = new Map<Upstream, Lane>();

  constructor(options: ProxyCoreOptions) {
    this.#options = options;
    this.settings = options.settings;
    this.upstreams = options.upstreams;
    this.deadlines = options.deadlines;
    this.tracer = options.tracer;
    this.onRequest = options.onRequest;
    this.onConnection = options.onConnection;
    this.wallMs = options.wallMs;
    this.strayRecorder = options.recorder.bind(undefined);
    this.viaMark = `pilotfish-${options.settings.instanceId}`;
  }

  /** What is kept for an upstream. Only upstreams that exist get one: an invented name leaves nothing here. */
  lane(upstream: Upstream): Lane {
    const known = this.#lanes.get(upstream);
    if (known !== undefined) return known;
    const lane = new Lane(upstream, this.#options.recorder.bind(upstream), this.#options);
    this.#lanes.set(upstream, lane);
    return lane;
  }

  /** What is kept for each upstream that was called. */
  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** Closes connections to endpoints that have gone, and forgets upstreams that are no longer open. */
  prune(): void {
    for (const [upstream, lane] of this.#lanes) {
      lane.prune();
      if (upstream.inFlight > 0 || this.upstreams.get(upstream.key) === upstream) continue;
      lane.close();
      this.#lanes.delete(upstream);
    }
  }

  /** Closes idle connections to origins. */
  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
  }

  /** Closes all connections to origins. */
  destroy(): void {
    for (const lane of this.#lanes.values()) lane.destroy();
  }
}
