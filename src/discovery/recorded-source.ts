import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import type { LastGoodStore } from './last-good-store.ts';

/** What a {@link RecordedSource} is made of. */
export interface RecordedSourceOptions {
  readonly source: EndpointSource;
  readonly store: Pick<LastGoodStore, 'watched' | 'remember' | 'confirm' | 'release'>;
}

/** Gives every view that comes from the catalog to the store, so that it can be read after a restart. */
export class RecordedSource implements EndpointSource {
  readonly #options: RecordedSourceOptions;

  constructor(options: RecordedSourceOptions) {
    this.#options = options;
  }

  async *watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncGenerator<EndpointSet> {
    const { source, store } = this.#options;
    const listening: WatchObserver = {
      confirmed() {
        store.confirm(query);
        observer.confirmed();
      },
      failed: (error) => observer.failed(error),
    };
    store.watched(query);
    try {
      for await (const set of source.watch(query, listening, signal)) {
        if (set.origin === 'consul') store.remember(query, set);
        yield set;
      }
    } finally {
      store.release(query);
    }
  }
}
