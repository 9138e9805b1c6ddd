import type { Clock } from '../runtime/clock.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import type { LastGoodStore } from './last-good-store.ts';
import { newestOf } from './newest.ts';

/** What a {@link RememberedSource} is made of. */
export interface RememberedSourceOptions {
  readonly source: EndpointSource;
  readonly store: Pick<LastGoodStore, 'read'>;
  readonly clock: Clock;
  readonly onEvent: DiscoveryListener;
}

/** A catalog that has neither answered nor failed after this long counts as failing. */
const PATIENCE_MS = 1000;

/**
 * Yields the view remembered on disk when the catalog cannot be asked at first: at its first failure, or when it hangs.
 * Once the catalog has answered, the disk is not looked at again.
 */
export class RememberedSource implements EndpointSource {
  readonly #options: RememberedSourceOptions;

  constructor(options: RememberedSourceOptions) {
    this.#options = options;
  }

  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, (put, ended) => this.#run({ query, observer, put }, ended));
  }

  async #run(
    { query, observer, put }: { query: ServiceQuery; observer: WatchObserver; put: (set: EndpointSet) => void },
    signal: AbortSignal,
  ): Promise<void> {
    const { source, store, clock, onEvent } = this.#options;
    let isDecided = false;
    const recall = async () => {
      const set = await store.read(query);
      if (isDecided || set === undefined || signal.aborted) return;
      isDecided = true;
      onEvent({ kind: 'snapshot_used', query, ageMs: set.ageMs ?? 0 });
      put(set);
      // The layers above pass it on within a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    };
    let recalled: Promise<void> | undefined;
    const recallOnce = () => {
      recalled ??= recall();
      return recalled;
    };
    const patience = clock.after(PATIENCE_MS, () => {
      if (!isDecided) void recallOnce();
    });
    const listening: WatchObserver = {
      confirmed: () => observer.confirmed(),
      failed(error) {
        // The view from disk goes first: whoever waits for the first news would conclude from a failure that there is none.
        if (isDecided) observer.failed(error);
        else void recallOnce().then(() => observer.failed(error));
      },
    };
    try {
      for await (const set of source.watch(query, listening, signal)) {
        isDecided = true;
        put(set);
      }
    } finally {
      patience.cancel();
      await recalled;
    }
  }
}
