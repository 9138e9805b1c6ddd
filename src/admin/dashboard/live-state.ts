/*
 * What the page is told, once a second: plain data, the same on both sides. Only what has changed since the last message of
 * the same connection is in it; the first message of a connection is whole.
 */

/** A row of the upstreams' table. Times are wall-clock milliseconds. */
export interface UpstreamRow {
  readonly name: string;
  readonly state: string;
  readonly policy: string;
  readonly source: string | undefined;
  readonly panic: boolean;
  readonly failover: string | undefined;
  readonly used: number;
  readonly ejected: number;
  readonly failing: number;
  readonly unwell: number;
  readonly standby: number;
  readonly inFlight: number;
  readonly perSecond: number;
  readonly errorShare: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly confirmedAt: number | undefined;
  readonly changedAt: number | undefined;
}

/** A row of an open upstream's instances. */
export interface InstanceRow {
  readonly id: string;
  readonly address: string;
  readonly tags: readonly string[];
  readonly isUsed: boolean;
  readonly isNext: boolean;
  /** In words, one each; empty for one that is simply used. */
  readonly why: readonly string[];
  readonly share: number;
  readonly inFlight: number;
  readonly perSecond: number;
  readonly requests: number;
  readonly failed: number;
  /** Of the answers of the last 30 to 60 s; undefined when there were none. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Something that happened. */
export interface EventRow {
  readonly kind: string;
  readonly at: number;
  readonly level: string;
  readonly text: string;
}

/** Rows that are new or differ, by their key, and those that are gone. */
export interface Changes<T> {
  readonly changed: readonly T[];
  readonly gone: readonly string[];
}

/** The upstream whose instances are shown. */
export interface OpenUpstream {
  readonly name: string;
  /** Why there is nothing to show; undefined when there is. */
  readonly problem: string | undefined;
  readonly instances: Changes<InstanceRow>;
}

/** The own registration, as `/v1/registration` has it, cut down. */
export interface RegistrationFacts {
  readonly state: string;
  readonly name: string;
  readonly id: string | undefined;
  readonly port: number;
  readonly isInCatalog: boolean | undefined;
  readonly maintenance: { readonly reason: string } | undefined;
  readonly lastHeartbeatWallMs: number | undefined;
  readonly lastError: { readonly message: string } | undefined;
}

/** The link to Consul, as `/v1/consul` has it. */
export interface ConsulFacts {
  readonly address: string;
  readonly isReachable: boolean | undefined;
  readonly sinceWallMs: number | undefined;
  readonly error: string | undefined;
  readonly requests: number;
  readonly polls: number;
}

/** One message. */
export interface LiveState {
  readonly at: number;
  /** All rows are in it: what is not there is gone. */
  readonly isWhole: boolean;
  readonly version: string;
  readonly readiness: { readonly ready: boolean; readonly stale: boolean; readonly reasons: readonly string[] };
  readonly consul: ConsulFacts;
  /** Undefined: an outbound-only sidecar. */
  readonly registration: RegistrationFacts | undefined;
  readonly upstreams: Changes<UpstreamRow>;
  readonly open: OpenUpstream | undefined;
  readonly events: readonly EventRow[];
}
