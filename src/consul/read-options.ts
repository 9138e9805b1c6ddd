/** Keys and values from outside; a plain object will do where that is handier. */
export type StringMap = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/** Any call may carry these; unset ones fall back to the client's. */
export interface CallOptions {
  readonly datacenter?: string | undefined;
  /** Consul Enterprise; open-source agents answer 400. */
  readonly namespace?: string | undefined;
  /** Consul Enterprise; refused towards agents known to be older than 1.11, which would ignore it. */
  readonly partition?: string | undefined;
  readonly token?: string | undefined;
  /** Aborting ends the call at once, throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call; default the client's (10 s). A blocking read's time is counted from its wait instead. */
  readonly timeoutMs?: number | undefined;
}

/**
 * How fresh a read must be.
 *
 * - `default`: from the leader, which might just have lost its office.
 * - `consistent`: the leader asks its followers first.
 * - `stale`: any server answers; see `lastContactMs`.
 * - `cached`: the agent answers from its cache, which it keeps fresh with one watch for everybody; see `ageMs`. Consul
 *   knows this for health and catalog reads, and ignores it elsewhere.
 */
export type Consistency = 'default' | 'consistent' | 'stale' | 'cached';

/** Any read may carry these. */
export interface ReadOptions extends CallOptions {
  /** Blocks until Consul's index passes this one, or `waitMs` ends. Below 1: answers at once. */
  readonly index?: number | undefined;
  /** The same for `/agent/service/:id`, which goes by a hash of the content. */
  readonly hash?: string | undefined;
  /** Default the client's (55 s); at most 10 min. Consul adds up to a sixteenth. */
  readonly waitMs?: number | undefined;
  readonly consistency?: Consistency | undefined;
  /** Consul's filter expression. It reduces what is sent, not how often a blocking read wakes. */
  readonly filter?: string | undefined;
  /** Sorts by round-trip time from this node; `_agent` is the agent's own. */
  readonly near?: string | undefined;
  /** Only nodes with all of these metadata. */
  readonly nodeMeta?: StringMap | undefined;
  /** Cluster peer; refused towards agents known to be older than 1.13, which would answer with local instances. */
  readonly peer?: string | undefined;
}

/** The entries of either kind of map. */
export function entriesOf(map: StringMap): Iterable<readonly [string, string]> {
  return map instanceof Map ? map.entries() : Object.entries(map);
}
