import type { CodedError } from '../runtime/coded-error.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';
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

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    const { source, store } = this.#options;
    store.watched(query);
    const watching = source.watch(query, new RecordingListener(store, query, listener));
    let isReleased = false;
    return {
      end() {
        if (!isReleased) store.release(query);
        isReleased = true;
        return watching.end();
      },
    };
  }
}

/** Hears one watch, for the store and for another. */
class RecordingListener implements EndpointListener {
  readonly #store: RecordedSourceOptions['store'];
  readonly #query: ServiceQuery;
  readonly #listener: EndpointListener;

  constructor(store: RecordedSourceOptions['store'], query: ServiceQuery, listener: EndpointListener) {
    this.#store = store;
    this.#query = query;
    this.#listener = listener;
  }

  changed(set: EndpointSet): void {
    if (set.origin === 'consul') this.#store.remember(this.#query, set);
    this.#listener.changed(set);
  }

  confirmed(): void {
    this.#store.confirm(this.#query);
    this.#listener.confirmed();
  }

  failed(error: CodedError): void {
    this.#listener.failed(error);
  }
}
