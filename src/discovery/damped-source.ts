import type { Clock, Timer } from '../runtime/clock.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';
import { WatchRelay } from '../upstream/watch-layer.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import { changedEndpoints } from './endpoint-change.ts';
import { DEFAULT_FLAP_SETTINGS, FlapDamper, type FlapSettings } from './flap-damper.ts';

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

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    return new DampedWatch(this.#options, query, listener).over(this.#options.source, query);
  }
}

class DampedWatch extends WatchRelay {
  readonly #options: DampedSourceOptions;
  readonly #query: ServiceQuery;
  readonly #damper: FlapDamper;
  #shown: EndpointSet | undefined;
  #review: Timer | undefined;

  constructor(options: DampedSourceOptions, query: ServiceQuery, listener: EndpointListener) {
    super(listener);
    this.#options = options;
    this.#query = query;
    this.#damper = new FlapDamper(options.settings ?? DEFAULT_FLAP_SETTINGS);
  }

  override end(): Promise<void> {
    this.#review?.cancel();
    return super.end();
  }

  protected override take(set: EndpointSet): void {
    this.#look(set);
  }

  /** Takes a set, or without one only the time that has passed. */
  #look(set: EndpointSet | undefined): void {
    const { clock, onEvent } = this.#options;
    const { endpoints, began, ended } = this.#damper.take(set?.endpoints, clock.nowMs());
    const shown = this.#shown;
    const base = set ?? shown;
    // Undamped, the set is news, for the source said so; damped, it may look as it did before.
    const isNews = shown === undefined || endpoints === set?.endpoints || shown.origin !== base?.origin;
    const changed = isNews ? endpoints : changedEndpoints(shown?.endpoints ?? [], endpoints);
    if (base !== undefined && changed !== undefined) {
      this.#shown = base.endpoints === changed ? base : { ...base, endpoints: changed };
      this.listener.changed(this.#shown);
    }
    for (const endpoint of began) onEvent({ kind: 'flapping', query: this.#query, endpoint });
    for (const endpoint of ended) onEvent({ kind: 'steady', query: this.#query, endpoint });
    this.#review?.cancel();
    const inMs = this.#damper.reviewInMs(clock.nowMs());
    this.#review = inMs === undefined || this.isEnded ? undefined : clock.after(inMs, () => this.#look(undefined));
  }
}
