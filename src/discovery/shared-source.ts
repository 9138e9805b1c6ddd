import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';

/**
 * Asks another source once for all who watch the same query at the same time. A later one is told at once what the
 * earlier ones know, with its age. The watch ends with the last of them.
 */
export class SharedSource implements EndpointSource {
  readonly #source: EndpointSource;
  readonly #clock: Clock;
  readonly #watches = new Map<string, SharedWatch>();

  constructor(source: EndpointSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    const key = JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
    let shared = this.#watches.get(key);
    if (shared === undefined) {
      shared = new SharedWatch(this.#clock);
      this.#watches.set(key, shared);
      shared.start(this.#source, query);
    }
    const own = shared;
    own.join(listener);
    return {
      end: () =>
        own.leave(listener, () => {
          if (this.#watches.get(key) === own) this.#watches.delete(key);
        }),
    };
  }
}

/** The watch of one query. */
class SharedWatch implements EndpointListener {
  readonly #clock: Clock;
  readonly #listeners = new Set<EndpointListener>();
  #watching: Watching | undefined;
  #last: EndpointSet | undefined;
  /** When the last set was true: when it came, less its own age, or when it was confirmed. */
  #trueAtMs = 0;
  /** The catalog's last failure, if it has not answered since. */
  #failure: CodedError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(source: EndpointSource, query: ServiceQuery): void {
    this.#watching = source.watch(query, this);
  }

  /** Tells a newcomer what is known, a little later. The set goes first: from a failure alone it would conclude that there is none. */
  join(listener: EndpointListener): void {
    this.#listeners.add(listener);
    if (this.#last === undefined && this.#failure === undefined) return;
    queueMicrotask(() => {
      if (!this.#listeners.has(listener)) return;
      if (this.#last !== undefined) listener.changed({ ...this.#last, ageMs: this.#clock.nowMs() - this.#trueAtMs });
      // Layers above take a large set in a turn of their own.
      setImmediate(() => {
        if (this.#failure !== undefined && this.#listeners.has(listener)) listener.failed(this.#failure);
      });
    });
  }

  /** `onLast`: nobody listens any more. */
  async leave(listener: EndpointListener, onLast: () => void): Promise<void> {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    onLast();
    await this.#watching?.end();
  }

  changed(set: EndpointSet): void {
    this.#last = set;
    this.#trueAtMs = this.#clock.nowMs() - (set.ageMs ?? 0);
    // A view from disk or a fallback is no answer of the catalog.
    if (set.origin === 'consul' && set.ageMs === undefined) this.#failure = undefined;
    for (const each of this.#listeners) each.changed(set);
  }

  confirmed(): void {
    this.#trueAtMs = this.#clock.nowMs();
    this.#failure = undefined;
    for (const each of this.#listeners) each.confirmed();
  }

  failed(error: CodedError): void {
    this.#failure = error;
    for (const each of this.#listeners) each.failed(error);
  }
}
