import type { AdminLogLevel, Exposition, Readiness } from './admin-parts.ts';
import type { EventFeed } from './event-feed.ts';

/**
 * What the bridge is doing: `starting` until it first knows; `leading`: it writes; `standby`: another bridge of its
 * registration id does; `stopping`.
 */
export type BridgeRole = 'starting' | 'leading' | 'standby' | 'stopping';

/** An app of Marathon's, as the bridge last saw it. */
export interface BridgeAppJson {
  /** With its leading slash. */
  readonly id: string;
  /** Its name in Consul. */
  readonly service: string;
  /** Tasks that run. */
  readonly running: number;
  /** Services in Consul. */
  readonly registered: number;
  /** `kept`, `differs` (Consul has not what it should yet), `failed`, `clash` (left alone). */
  readonly state: 'kept' | 'differs' | 'failed' | 'clash';
  /** What keeps it from being as it should, a sentence each. */
  readonly problems: readonly string[];
}

/** Where Marathon's events come from. */
export interface BridgeEventsJson {
  /** As asked for: `sse`, `callback`, `both`. */
  readonly wanted: string;
  /** Undefined: not wanted. */
  readonly stream: { readonly isConnected: boolean; readonly sinceWallMs: number; readonly error?: string } | undefined;
  readonly callback: { readonly url: string; readonly isSubscribed: boolean; readonly error?: string } | undefined;
  readonly received: number;
  readonly lastWallMs: number | undefined;
}

/** What `/v1/marathon` answers. Times are milliseconds since the Unix epoch. */
export interface BridgeJson {
  readonly registrationId: string;
  readonly role: BridgeRole;
  readonly roleSinceWallMs: number;
  /** The bridge that leads, as it named itself in the lock; undefined: not known, or none is elected. */
  readonly leader: string | undefined;
  readonly marathon: {
    readonly addresses: readonly string[];
    /** Undefined while nothing has been asked. */
    readonly isReachable: boolean | undefined;
    readonly sinceWallMs: number | undefined;
    readonly error: string | undefined;
  };
  readonly events: BridgeEventsJson;
  readonly sync: {
    readonly intervalMs: number | undefined;
    readonly lastWallMs: number | undefined;
    readonly tookMs: number | undefined;
    /** Why the last one did not come about. */
    readonly error: string | undefined;
    /** Apps that are to be compared next. */
    readonly pending: number;
  };
  readonly purge: { readonly isOn: boolean; readonly maxShare: number; readonly refused: string | undefined };
  /** Agents that could not be read, each with the reason. */
  readonly unreadableAgents: readonly string[];
  readonly apps: readonly BridgeAppJson[];
}

/** What the bridge's admin port shows and does; `app/` passes the real parts in. */
export interface BridgeParts {
  readonly bridge: () => BridgeJson;
  readonly readiness: () => Readiness;
  readonly metrics: (accept: string | undefined) => Promise<Exposition>;
  /** Effective settings, secrets hidden. */
  readonly settings: () => readonly object[];
  readonly events: EventFeed;
  /** How the link to Consul is; a plain object, written as JSON. */
  readonly consul: () => object;
  readonly setLogLevel: (level: AdminLogLevel) => void;
  readonly allowedHosts: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  readonly version: string;
}
