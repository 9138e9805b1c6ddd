import type { CodedError } from '../runtime/coded-error.ts';
import type { EndpointListener, EndpointSet, EndpointSource, ServiceQuery, Watching } from './endpoint-source.ts';

/** A set of this size takes a layer some milliseconds. */
const LARGE = 500;

const NOTHING: Watching = { end: () => Promise.resolve() };

/**
 * What hears a watch, and is one object for each.
 *
 * A large set is taken in a turn of the event loop of its own, and of several only the newest: taken by all layers at a
 * stretch, 10,000 endpoints would hold up every request for 25 ms.
 */
export abstract class WatchLayer implements EndpointListener, Watching {
  #below: Watching = NOTHING;
  #waiting: EndpointSet | undefined;
  #isEnded = false;

  /** Begins to listen. @returns this */
  over(source: EndpointSource, query: ServiceQuery): this {
    this.#below = source.watch(query, this);
    return this;
  }

  changed(set: EndpointSet): void {
    if (this.#isEnded) return;
    const isWaiting = this.#waiting !== undefined;
    if (!isWaiting && set.endpoints.length < LARGE) {
      this.take(set);
      return;
    }
    this.#waiting = set;
    if (!isWaiting) setImmediate(() => this.#takeWaiting());
  }

  abstract confirmed(): void;

  abstract failed(error: CodedError): void;

  end(): Promise<void> {
    this.#isEnded = true;
    this.#waiting = undefined;
    return this.#below.end();
  }

  /** Whether the listener is to hear nothing more. */
  protected get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Takes a set, whose turn it is. */
  protected abstract take(set: EndpointSet): void;

  #takeWaiting(): void {
    const set = this.#waiting;
    this.#waiting = undefined;
    if (set !== undefined) this.take(set);
  }
}

/** What stands between a watch and its listener. What it is told apart from the sets it passes on. */
export abstract class WatchRelay extends WatchLayer {
  protected readonly listener: EndpointListener;

  constructor(listener: EndpointListener) {
    super();
    this.listener = listener;
  }

  confirmed(): void {
    this.listener.confirmed();
  }

  failed(error: CodedError): void {
    this.listener.failed(error);
  }
}
