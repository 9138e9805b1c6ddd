import type { Deadlines } from '../http1/deadlines.ts';
import type { DialOptions, OriginTls } from '../http1/origin-dial.ts';
import { OriginTraffic, type TrafficReading } from '../http1/origin-traffic.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { Destination } from './destination.ts';
import type { ProxySettings } from './proxy-settings.ts';
import type { BoundRecorder } from './recorder.ts';
import { RetryBudget } from './retry-budget.ts';

/** What lanes are made of. */
export interface LaneOptions {
  readonly settings: ProxySettings;
  readonly deadlines: Deadlines;
  /** Says why an address must not be dialled; undefined when it may. */
  readonly refuseAddress: DialOptions['refuseAddress'];
}

/** What goes through a lane. */
export interface LaneTraffic extends TrafficReading {
  /** Requests that are under way. */
  readonly requests: number;
}

/** What the proxy keeps for an upstream besides the upstream itself: connections, retry budget, bound series. */
export class Lane {
  readonly upstream: Upstream;
  readonly recorder: BoundRecorder;
  readonly budget: RetryBudget;
  /** The connections to all endpoints of the upstream. */
  readonly traffic: OriginTraffic;
  /** Requests to the upstream that are under way. */
  requests = 0;
  readonly #options: LaneOptions;
  readonly #destinations = new Map<string, Destination>();

  constructor(upstream: Upstream, recorder: BoundRecorder, options: LaneOptions) {
    this.upstream = upstream;
    this.recorder = recorder;
    this.#options = options;
    this.traffic = new OriginTraffic(recorder, options.deadlines);
    const { budget, budgetFloor } = upstream.settings.retry;
    this.budget = new RetryBudget(budget, budgetFloor);
  }

  /** Where the connections to `endpoint` are; a new place when it has moved. */
  destination(endpoint: Endpoint): Destination {
    const known = this.#destinations.get(endpoint.id);
    if (known?.isAt(endpoint.host, endpoint.port)) return known;
    known?.close();
    const made = this.#make(endpoint);
    this.#destinations.set(endpoint.id, made);
    return made;
  }

  /** What goes through it now, and went. */
  readTraffic(): LaneTraffic {
    return { requests: this.requests, ...this.traffic.read() };
  }

  /** Whether one more request may wait for a connection or a session, to whichever endpoint. */
  get mayWait(): boolean {
    const { pending } = this.upstream.settings.limits;
    if (pending === 0) return true;
    let count = 0;
    for (const { waitingCount } of this.#destinations.values()) count += waitingCount;
    return count < pending;
  }

  /** Closes idle connections to endpoints that the catalog no longer has; those in use close when they are done. */
  prune(): void {
    const present = new Set<string>();
    for (const view of this.upstream.views) for (const member of view.members()) present.add(member.id);
    for (const [id, destination] of this.#destinations) {
      if (present.has(id)) continue;
      destination.close();
      this.#destinations.delete(id);
    }
  }

  /** Closes idle connections, and each other one when its request has ended. */
  close(): void {
    for (const destination of this.#destinations.values()) destination.close();
  }

  /** Closes all connections now. */
  destroy(): void {
    for (const destination of this.#destinations.values()) destination.destroy();
  }

  #make({ host, port }: Endpoint): Destination {
    const { refuseAddress } = this.#options;
    return new Destination({ host, port, tls: this.#tls(host), refuseAddress }, this, this.#options);
  }

  #tls(host: string): OriginTls | undefined {
    const { tls } = this.upstream.settings;
    if (tls === undefined) return undefined;
    return { ca: tls.ca, cert: tls.cert, key: tls.key, serverName: tls.serverName ?? host };
  }
}
