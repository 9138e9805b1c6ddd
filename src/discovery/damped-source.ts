import type { Clock, Timer } from '../runtime/clock.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { turnFor } from '../upstream/turn-for.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import { changedEndpoints } from './endpoint-change.ts';
import { DEFAULT_FLAP_SETTINGS, FlapDamper, type FlapSettings } from './flap-damper.ts';
import { newestOf } from './newest.ts';

/** What a {@link DampedSource} is made of. */
export interface DampedSourceOptions {
  readonly source: EndpointSource;
  readonly clock: Clock;
  readonly onEvent: DiscoveryListener;
  readonly settings?: FlapSettings;
}

/** Keeps flapping endpoints from changing the view over and over, by the rules of {@link FlapDamper}. */
export class DampedSource implements EndpointSource {
  readonly #options: DampedSourceOptions;

  constructor(options: DampedSourceOptions) {
    this.#options = options;
  }

  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, (put, ended) => this.#run({ query, observer, put }, ended));
  }

  async #run(
    { query, observer, put }: { query: ServiceQuery; observer: WatchObserver; put: (set: EndpointSet) => void },
    signal: AbortSignal,
  ): Promise<void> {
    const { source, clock, onEvent, settings } = this.#options;
    const damper = new FlapDamper(settings ?? DEFAULT_FLAP_SETTINGS);
    let shown: EndpointSet | undefined;
    let review: Timer | undefined;
    const take = (set: EndpointSet | undefined) => {
      const { endpoints, began, ended } = damper.take(set?.endpoints, clock.nowMs());
      const base = set ?? shown;
      // Undamped, the set is news, for the source said so; damped, it may look as it did before.
      const isNews = shown === undefined || endpoints === set?.endpoints || shown.origin !== base?.origin;
      const changed = isNews ? endpoints : changedEndpoints(shown?.endpoints ?? [], endpoints);
      if (base !== undefined && changed !== undefined) {
        shown = { ...base, endpoints: changed };
        put(shown);
      }
      for (const endpoint of began) onEvent({ kind: 'flapping', query, endpoint });
      for (const endpoint of ended) onEvent({ kind: 'steady', query, endpoint });
      review?.cancel();
      const inMs = damper.reviewInMs(clock.nowMs());
      review = inMs === undefined ? undefined : clock.after(inMs, () => take(undefined));
    };
    try {
      for await (const set of source.watch(query, observer, signal)) {
        await turnFor(set);
        take(set);
      }
    } finally {
      review?.cancel();
    }
  }
}
