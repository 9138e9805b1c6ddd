import type { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from './endpoint.ts';
import type { ProbeSettings } from './probe-settings.ts';

/** Which instances are asked for. */
export interface ServiceQuery {
  /** The service's name in the catalog. */
  readonly service: string;
  /** Only instances with this tag. */
  readonly tag?: string;
  /** Undefined: the agent's own. */
  readonly datacenter?: string;
  /** Only instances for which the filter holds, an expression of Consul's; the name is for people. */
  readonly subset?: { readonly name: string; readonly filter: string };
  /** A fixed list of `host:port`: whoever composes the sources answers with it instead of asking a catalog. */
  readonly endpoints?: readonly string[];
  /** A query kept in the catalog, by name or id: whoever composes the sources runs it instead of asking for `service`. */
  readonly preparedQuery?: string;
  /** The endpoints are to be probed, and those that fail marked; absent: what the catalog says is all that counts. */
  readonly probe?: ProbeSettings;
}

/** Where a set of endpoints came from. */
export type EndpointOrigin = 'consul' | 'static' | 'snapshot' | 'fallback';

/** A whole set of endpoints, and where it came from. An empty set from `consul` means: no such service. */
export interface EndpointSet {
  readonly origin: EndpointOrigin;
  readonly endpoints: readonly Endpoint[];
  /** How old it was already when it was yielded (a snapshot from disk); absent: the source has just answered. */
  readonly ageMs?: number;
}

/** Hears how the watch is doing, apart from the sets that it yields. */
export interface WatchObserver {
  /** The source has just answered: what was yielded last is still true. */
  confirmed(): void;
  /** The source could not be asked; what was yielded last stays in use and ages. */
  failed(error: CodedError): void;
}

/** Tells who exists. Implemented in discovery/, or by a user with another catalog. */
export interface EndpointSource {
  /**
   * Yields the whole set each time it really changed, the newest only if several came while the consumer was busy.
   * Never throws for a failure of the catalog: it tells `observer` and goes on. Ends when `signal` aborts.
   */
  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet>;
}
