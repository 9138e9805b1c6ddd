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
  /** How old it was already when it was told (a snapshot from disk); absent: the source has just answered. */
  readonly ageMs?: number;
}

/** Hears how a watch is doing, apart from the sets. Must not throw. */
export interface WatchObserver {
  /** The source has just answered: the last set is still true. */
  confirmed(): void;
  /** The source could not be asked; the last set stays in use and ages. */
  failed(error: CodedError): void;
}

/** Hears all of a watch. Must not throw. */
export interface EndpointListener extends WatchObserver {
  /** The whole set, which is another than the last. */
  changed(set: EndpointSet): void;
}

/** A watch that goes on. */
export interface Watching {
  /** Nothing is told any more. Resolves when all that the watch had opened is closed; may be called again. */
  end(): Promise<void>;
}

/** Tells who exists. Implemented in discovery/; what is rather written as a loop is an {@link IterableSource}. */
export interface EndpointSource {
  /**
   * Tells `listener` the whole set, and then each time that it really changed, until that is ended; nothing before it has
   * returned. A failure of the catalog is told, and the watch goes on.
   */
  watch(query: ServiceQuery, listener: EndpointListener): Watching;
}

/** A source as an async iterable; `iterated-source.ts` makes it an {@link EndpointSource}. */
export interface IterableSource {
  /**
   * Yields the whole set each time it really changed, the newest only if several came while the consumer was busy.
   * Never throws for a failure of the catalog: it tells `observer` and goes on. Ends when `signal` aborts.
   */
  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet>;
}
