import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import { newestOf } from './newest.ts';

/** One who wants to know. */
interface Listener {
  readonly put: (set: EndpointSet) => void;
  readonly observer: WatchObserver;
}

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

  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, (put, ended) => this.#join(query, { put, observer }, ended));
  }

  async #join(query: ServiceQuery, listener: Listener, signal: AbortSignal): Promise<void> {
    const key = JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)));
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = new SharedWatch(this.#clock);
      this.#watches.set(key, watch);
      watch.start(this.#source, query);
    }
    const own = watch;
    await own.listen(listener, signal, () => {
      if (this.#watches.get(key) === own) this.#watches.delete(key);
    });
  }
}

/** The watch of one query. */
class SharedWatch {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  readonly #abort = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #last: EndpointSet | undefined;
  /** When the last set was true: when it came, less its own age, or when it was confirmed. */
  #trueAtMs = 0;
  /** The catalog's last failure, if it has not answered since. */
  #failure: CodedError | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(source: EndpointSource, query: ServiceQuery): void {
    this.#ended = this.#run(source, query);
    // Each listener hears of it; without any, nobody needs to.
    this.#ended.catch(() => undefined);
  }

  /** Listens until `signal` aborts. @throws what the source threw. `onLast`: nobody listens any more, or it broke */
  async listen(listener: Listener, signal: AbortSignal, onLast: () => void): Promise<void> {
    this.#listeners.add(listener);
    this.#brief(listener);
    const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    try {
      await Promise.race([left, this.#ended]);
    } finally {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0 || !signal.aborted) onLast();
      if (this.#listeners.size === 0) {
        this.#abort.abort();
        await this.#ended.catch(() => undefined);
      }
    }
  }

  async #run(source: EndpointSource, query: ServiceQuery): Promise<void> {
    const observer: WatchObserver = {
      confirmed: () => {
        this.#trueAtMs = this.#clock.nowMs();
        this.#failure = undefined;
        for (const each of this.#listeners) each.observer.confirmed();
      },
      failed: (error) => {
        this.#failure = error;
        for (const each of this.#listeners) each.observer.failed(error);
      },
    };
    for await (const set of source.watch(query, observer, this.#abort.signal)) {
      this.#last = set;
      this.#trueAtMs = this.#clock.nowMs() - (set.ageMs ?? 0);
      // A view from disk or a fallback is no answer of the catalog.
      if (set.origin === 'consul' && set.ageMs === undefined) this.#failure = undefined;
      for (const each of this.#listeners) each.put(set);
    }
  }

  /** Tells a newcomer what is known. The set goes first: from a failure alone it would conclude that there is none. */
  #brief(listener: Listener): void {
    const failure = this.#failure;
    if (this.#last === undefined) {
      if (failure !== undefined) listener.observer.failed(failure);
      return;
    }
    listener.put({ ...this.#last, ageMs: this.#clock.nowMs() - this.#trueAtMs });
    if (failure === undefined) return;
    setImmediate(() => {
      if (this.#listeners.has(listener) && this.#failure === failure) listener.observer.failed(failure);
    });
  }
}
