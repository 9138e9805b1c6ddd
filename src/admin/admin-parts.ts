import type { KvView } from '../kv-config/kv-view.ts';
import type { TrafficSummary } from '../telemetry/recent-traffic.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { UpstreamName } from '../upstream/upstream-name.ts';
import type { EventFeed } from './event-feed.ts';
import type { RequestFeed } from './request-feed.ts';

/** The upstreams that the sidecar has; the upstream table is one. */
export interface UpstreamDirectory {
  list(): readonly Upstream[];
  get(key: string): Upstream | undefined;
  open(name: UpstreamName): Upstream;
}

/** Whether the sidecar can serve. */
export interface Readiness {
  readonly ready: boolean;
  /** Serving from a view that the catalog has not confirmed lately. */
  readonly stale: boolean;
  /** In words, for people. */
  readonly reasons: readonly string[];
}

/** A request for maintenance, as it came. */
export interface MaintenanceOrder {
  readonly enable: boolean;
  readonly reason: string;
  /** Ends by itself after this long; undefined: it does not. */
  readonly forMs: number | undefined;
}

/** The own service's presence in the catalog. */
export interface Presence {
  /** A plain object, written as JSON. */
  status(): object;
  setMaintenance(order: MaintenanceOrder): Promise<void>;
}

/** Metrics as a scraper wants them. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** A level that the log can be set to. */
export type AdminLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the admin port shows and does; `app/` passes the real parts in. */
export interface AdminParts {
  readonly upstreams: UpstreamDirectory;
  /** Names and tags of all services in the catalog. @throws when it cannot be asked */
  readonly services: (signal: AbortSignal) => Promise<ReadonlyMap<string, readonly string[]>>;
  readonly readiness: () => Readiness;
  /** Brings metrics and upstreams up to this moment, when other processes serve the proxy's ports. */
  readonly refresh: () => Promise<void>;
  /** Undefined: an outbound-only sidecar. */
  readonly presence: Presence | undefined;
  /** Consul's KV, watched; undefined: not shown. */
  readonly kv?: KvView | undefined;
  /** Leaves the catalog and lets callers go; resolves once that is done. */
  readonly drain: () => Promise<void>;
  /** Undefined: metrics for scrapers are switched off. */
  readonly metrics: ((accept: string | undefined) => Promise<Exposition>) | undefined;
  /** Effective settings with origins, secrets hidden. */
  readonly settings: () => readonly object[];
  readonly events: EventFeed;
  readonly requests: RequestFeed;
  /** What went on lately at an upstream, by its key. */
  readonly traffic: (upstream: string) => TrafficSummary;
  /** How the link to Consul is; a plain object, written as JSON. */
  readonly consul: () => object;
  readonly setLogLevel: (level: AdminLogLevel) => void;
  readonly allowedHosts: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  readonly version: string;
}
