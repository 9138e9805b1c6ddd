import type { Clock, Timer } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';
import { WatchRelay } from '../upstream/watch-layer.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import type { LastGoodStore } from './last-good-store.ts';

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
 * Tells the view remembered on disk when the catalog cannot be asked at first: at its first failure, or when it hangs.
 * Once the catalog has answered, the disk is not looked at again.
 */
export class RememberedSource implements EndpointSource {
  readonly #options: RememberedSourceOptions;

  constructor(options: RememberedSourceOptions) {
    this.#options = options;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    return new RememberedWatch(this.#options, query, listener).over(this.#options.source, query);
  }
}

class RememberedWatch extends WatchRelay {
  readonly #options: RememberedSourceOptions;
  readonly #query: ServiceQuery;
  /** Undefined once the catalog has answered. */
  #patience: Timer | undefined;
  #isDecided = false;
  #recalled: Promise<void> | undefined;

  constructor(options: RememberedSourceOptions, query: ServiceQuery, listener: EndpointListener) {
    super(listener);
    this.#options = options;
    this.#query = query;
    this.#patience = options.clock.after(PATIENCE_MS, () => {
      if (!this.#isDecided) void this.#recall();
    });
  }

  override failed(error: CodedError): void {
    // The view from disk goes first: whoever waits for the first news would conclude from a failure that there is none.
    if (this.#isDecided) this.listener.failed(error);
    else void this.#recall().then(() => this.isEnded || this.listener.failed(error));
  }

  override async end(): Promise<void> {
    this.#patience?.cancel();
    await super.end();
    await this.#recalled;
  }

  protected override take(set: EndpointSet): void {
    this.#isDecided = true;
    this.#patience?.cancel();
    this.#patience = undefined;
    this.listener.changed(set);
  }

  #recall(): Promise<void> {
    this.#recalled ??= this.#readStore();
    return this.#recalled;
  }

  async #readStore(): Promise<void> {
    const { store, onEvent } = this.#options;
    const set = await store.read(this.#query);
    if (this.#isDecided || set === undefined || this.isEnded) return;
    this.#isDecided = true;
    onEvent({ kind: 'snapshot_used', query: this.#query, ageMs: set.ageMs ?? 0 });
    this.listener.changed(set);
    // Layers above take a large one in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
