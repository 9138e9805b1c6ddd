import type { ConsulClient } from '../consul/consul-client.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { ConsulSource } from './consul-source.ts';

/** Which instances are watched, and who hears how it goes. */
export interface WatchServiceOptions {
  /** Only instances with this tag. */
  readonly tag?: string | undefined;
  /** Default: the agent's own. */
  readonly datacenter?: string | undefined;
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
  /** Consul has just answered: what was yielded last is still true. */
  readonly onConfirmed?: (() => void) | undefined;
  /** Consul cannot be asked, or answers with something old: what was yielded last is stale. */
  readonly onStale?: ((error: CodedError) => void) | undefined;
}

/** A service's instances, and what changed. */
export interface ServiceChange {
  /** All there are, well or not; see {@link Endpoint.health}. */
  readonly endpoints: readonly Endpoint[];
  readonly added: readonly Endpoint[];
  readonly removed: readonly Endpoint[];
  /** Whose address, port, tags, metadata, weight or health changed, as they are now. */
  readonly changed: readonly Endpoint[];
}

/**
 * Watches a service: yields its instances as they are, and then each real change (the newest only, if several came while
 * the consumer was busy). Survives Consul's absence; ends when `signal` aborts, the loop is left, or the client is closed.
 */
export async function* watch(
  consul: Pick<ConsulClient, 'health'>,
  service: string,
  options: WatchServiceOptions = {},
): AsyncGenerator<ServiceChange, void, void> {
  const { tag, datacenter, signal, onConfirmed, onStale } = options;
  const query = { service, ...(tag === undefined ? {} : { tag }), ...(datacenter === undefined ? {} : { datacenter }) };
  const observer = { confirmed: () => onConfirmed?.(), failed: (error: CodedError) => onStale?.(error) };
  const source = new ConsulSource({ consul });
  let before = new Map<string, Endpoint>();
  for await (const { endpoints } of source.watch(query, observer, signal ?? new AbortController().signal)) {
    const after = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    // Who did not change is the same object.
    yield {
      endpoints,
      added: endpoints.filter(({ id }) => !before.has(id)),
      removed: [...before.values()].filter(({ id }) => !after.has(id)),
      changed: endpoints.filter((endpoint) => before.has(endpoint.id) && before.get(endpoint.id) !== endpoint),
    };
    before = after;
  }
}
