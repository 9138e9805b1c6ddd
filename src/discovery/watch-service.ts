import type { ConsulClient } from '../consul/consul-client.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { endpointReader } from './consul-endpoint.ts';
import { consulObserver } from './consul-observer.ts';
import { EndpointBook } from './endpoint-book.ts';

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
  const book = new EndpointBook();
  const read = endpointReader(tag);
  const answers = consul.health.watchInstances(service, (entry) => book.same(read(entry)), {
    signal,
    datacenter,
    consistency: 'cached',
    observer: consulObserver({ confirmed: () => onConfirmed?.(), failed: (error) => onStale?.(error) }),
    // The book compares anyway, in smaller steps. An answer that came again as it was is the same list.
    same: (one, other) => one === other,
  });
  let before = new Map<string, Endpoint>();
  for await (const { value } of answers) {
    const endpoints = await book.take(value);
    if (endpoints === undefined) continue;
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
