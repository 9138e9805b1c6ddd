import { inOnePiece } from '../http1/bytes.ts';
import type { Deadlines } from '../http1/deadlines.ts';
import type { DialOptions } from '../http1/origin-dial.ts';
import { OriginPool } from '../http1/origin-pool.ts';
import type { OriginTraffic } from '../http1/origin-traffic.ts';
import { OriginSessions } from '../http2/origin-sessions.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { defaultUpstreamHttp2 } from '../upstream/upstream-http2.ts';
import { openOverSessions } from './h2-origin-socket.ts';
import type { ProxySettings } from './proxy-settings.ts';

/** What the destinations of an upstream have in common. */
interface DestinationOwner {
  readonly upstream: Upstream;
  readonly traffic: OriginTraffic;
  /** Whether one more request may wait, to whichever endpoint. */
  readonly mayWait: boolean;
}

/** What the proxy gives to each. */
interface DestinationParts {
  readonly settings: ProxySettings;
  readonly deadlines: Deadlines;
}

/** The connections to one endpoint, and how it is addressed. */
export class Destination {
  /** For what is no HTTP. */
  readonly dial: DialOptions;
  readonly pool: OriginPool;
  /** The end of the request line and the Host field, for requests that were routed by path. */
  readonly hostLine: string;
  readonly #owner: DestinationOwner;
  readonly #parts: DestinationParts;
  /** Undefined until the first use: most endpoints never have an HTTP/2 session. */
  #sessions: OriginSessions | undefined;

  constructor(dial: DialOptions, owner: DestinationOwner, parts: DestinationParts) {
    this.dial = dial;
    this.#owner = owner;
    this.#parts = parts;
    const { settings, deadlines } = parts;
    const { limits, protocol } = owner.upstream.settings;
    const isHttp2 = protocol === 'http2';
    this.pool = new OriginPool({
      ...dial,
      open: isHttp2 ? openOverSessions(this.sessions, settings.limits) : undefined,
      limits: settings.limits,
      idleMs: settings.originIdleMs,
      maxConnections: isHttp2 ? 0 : limits.connections,
      deadlines,
      // Behind these are sessions, which are the connections there are.
      traffic: isHttp2 ? undefined : owner.traffic,
    });
    const { host, port } = dial;
    this.hostLine = inOnePiece(` HTTP/1.1\r\nHost: ${host.includes(':') ? `[${host}]` : host}:${port}\r\n`);
  }

  /** HTTP/2. */
  get sessions(): OriginSessions {
    this.#sessions ??= this.#makeSessions();
    return this.#sessions;
  }

  /** Whether it leads there. */
  isAt(host: string, port: number): boolean {
    return this.dial.host === host && this.dial.port === port;
  }

  /** Requests that wait for a connection or a session. */
  get waitingCount(): number {
    return this.pool.waitingCount + (this.#sessions?.waitingCount ?? 0);
  }

  /** Closes idle connections, and each other one when its request has ended. */
  close(): void {
    this.pool.close();
    this.#sessions?.close();
  }

  /** Closes all connections now. */
  destroy(): void {
    this.pool.destroy();
    this.#sessions?.destroy();
  }

  #makeSessions(): OriginSessions {
    const { settings, deadlines } = this.#parts;
    const owner = this.#owner;
    const { limits, http2 } = owner.upstream.settings;
    return new OriginSessions({
      ...this.dial,
      limits: {
        ...(http2 ?? defaultUpstreamHttp2),
        headBytes: settings.limits.headBytes,
        fields: settings.limits.fields,
      },
      maxSessions: limits.connections,
      mayWait: () => owner.mayWait,
      deadlines,
      traffic: owner.traffic,
    });
  }
}
