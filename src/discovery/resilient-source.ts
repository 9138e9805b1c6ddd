import type { Clock } from '../runtime/clock.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { EndpointSource, ServiceQuery } from '../upstream/endpoint-source.ts';
import { probeAddress } from './address-probe.ts';
import { DampedSource } from './damped-source.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import { GuardedSource } from './guarded-source.ts';
import type { LastGoodStore } from './last-good-store.ts';
import { RecordedSource } from './recorded-source.ts';
import { RememberedSource } from './remembered-source.ts';

/** A catalog that may also be asked once, past its caches. */
export interface RereadableSource extends EndpointSource {
  reread(query: ServiceQuery, signal: AbortSignal): Promise<readonly Endpoint[]>;
}

/** What {@link resilientSource} puts together. */
export interface ResilientSourceOptions {
  readonly source: RereadableSource;
  /** Undefined: nothing is kept on disk. Its `run` is the caller's to start. */
  readonly store: LastGoodStore | undefined;
  readonly clock: Clock;
  readonly onEvent: DiscoveryListener;
}

/**
 * A catalog under fire, layer by layer from the inside: flapping endpoints are damped; the view on disk stands in until
 * the catalog has first answered; what vanishes suspiciously is held until evidence decides (so also against the view
 * from disk); and what comes out of all that is recorded. That a failing catalog changes nothing is every source's own duty.
 */
export function resilientSource({ source, store, clock, onEvent }: ResilientSourceOptions): EndpointSource {
  const damped = new DampedSource({ source, clock, onEvent });
  const known = store === undefined ? damped : new RememberedSource({ source: damped, store, clock, onEvent });
  const guarded = new GuardedSource({
    source: known,
    reread: (query, signal) => source.reread(query, signal),
    probe: probeAddress,
    clock,
    onEvent,
  });
  return store === undefined ? guarded : new RecordedSource({ source: guarded, store });
}
