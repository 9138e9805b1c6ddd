import type { Deadlines } from '../http1/deadlines.ts';
import type { DialOptions, OriginTls } from '../http1/origin-dial.ts';
import { OriginPool } from '../http1/origin-pool.ts';
import { OriginTraffic } from '../http1/origin-traffic.ts';
import { OriginSessions } from '../http2/origin-sessions.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { defaultUpstreamHttp2 } from '../upstream/upstream-http2.ts';
import { addressRefusal, type OwnListeners } from './address-check.ts';
import { openOverSessions } from './h2-origin-socket.ts';
import type { ProxySettings } from './proxy-settings.ts';
import type { BoundRecorder } from './recorder.ts';
import { RetryBudget } from './retry-budget.ts';

/** What lanes are made of. */
export interface LaneOptions {
  readonly settings: ProxySettings;
  readonly deadlines: Deadlines;
  readonly ownListeners: OwnListeners;
}

/** The connections to one endpoint, and how it is addressed. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly pool: OriginPool;
  /** HTTP/2; opened at the first use. */
  readonly sessions: OriginSessions;
  /** For what is no HTTP. */
  readonly dial: DialOptions;
  /** The end of the request line and the Host field, for requests that were routed by path. */
  readonly hostLine: string;
}

/** What the proxy keeps for an upstream besides the upstream itself: connections, retry budget, bound series. */
export class Lane {
  readonly upstream: Upstream;
  readonly recorder: BoundRecorder;
  readonly budget: RetryBudget;
  /** The connections to all endpoints of the upstream. */
  readonly traffic: OriginTraffic;
  readonly #options: LaneOptions;
  readonly #destinations = new Map<string, Destination>();

  constructor(upstream: Upstream, recorder: BoundRecorder, options: LaneOptions) {
    this.upstream = upstream;
    this.recorder = recorder;
    this.#options = options;
    this.traffic = new OriginTraffic(recorder, () => options.deadlines.nowMs());
    const { budget, budgetFloor } = upstream.settings.retry;
    this.budget = new RetryBudget(budget, budgetFloor);
  }

  /** Where the connections to `endpoint` are; a new place when it has moved. */
  destination(endpoint: Endpoint): Destination {
    const known = this.#destinations.get(endpoint.id);
    if (known !== undefined && known.host === endpoint.host && known.port === endpoint.port) return known;
    known?.pool.close();
    known?.sessions.close();
    const made = this.#make(endpoint);
    this.#destinations.set(endpoint.id, made);
    return made;
  }

  /** Whether one more request may wait for a connection or a session, to whichever endpoint. */
  get mayWait(): boolean {
    const { pending } = this.upstream.settings.limits;
    if (pending === 0) return true;
    let count = 0;
    for (const { pool, sessions } of this.#destinations.values()) count += pool.waitingCount + sessions.waitingCount;
    return count < pending;
  }

  /** Closes idle connections to endpoints that the catalog no longer has; those in use close when they are done. */
  prune(): void {
    const present = new Set<string>();
    for (const view of this.upstream.views) for (const member of view.members()) present.add(member.id);
    for (const [id, { pool, sessions }] of this.#destinations) {
      if (present.has(id)) continue;
      pool.close();
      sessions.close();
      this.#destinations.delete(id);
    }
  }

  /** Closes idle connections, and each other one when its request has ended. */
  close(): void {
    for (const { pool, sessions } of this.#destinations.values()) {
      pool.close();
      sessions.close();
    }
  }

  /** Closes all connections now. */
  destroy(): void {
    for (const { pool, sessions } of this.#destinations.values()) {
      pool.destroy();
      sessions.destroy();
    }
  }

  #make(endpoint: Endpoint): Destination {
    const { settings, deadlines, ownListeners } = this.#options;
    const { limits, protocol, http2 } = this.upstream.settings;
    const isHttp2 = protocol === 'http2';
    const { host, port } = endpoint;
    const dial: DialOptions = {
      host,
      port,
      tls: this.#tls(host),
      refuseAddress: (ip, toPort) => addressRefusal(ip, toPort, ownListeners),
    };
    const sessions = new OriginSessions({
      ...dial,
      limits: {
        ...(http2 ?? defaultUpstreamHttp2),
        headBytes: settings.limits.headBytes,
        fields: settings.limits.fields,
      },
      maxSessions: limits.connections,
      mayWait: () => this.mayWait,
      deadlines,
      traffic: this.traffic,
    });
    const pool = new OriginPool({
      ...dial,
      open: isHttp2 ? openOverSessions(sessions, settings.limits) : undefined,
      limits: settings.limits,
      idleMs: settings.originIdleMs,
      maxConnections: isHttp2 ? 0 : limits.connections,
      deadlines,
      // Behind these are sessions, which are the connections there are.
      traffic: isHttp2 ? undefined : this.traffic,
    });
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return { host, port, pool, sessions, dial, hostLine: ` HTTP/1.1\r\nHost: ${authority}\r\n` };
  }

  #tls(host: string): OriginTls | undefined {
    const { tls } = this.upstream.settings;
    if (tls === undefined) return undefined;
    return { ca: tls.ca, cert: tls.cert, key: tls.key, serverName: tls.serverName ?? host };
  }
}
