/** Something that happened, as subscribers of `/events` see it. */
export interface FeedEvent {
  /** `view`, `ejected`, `registered`, `drain` … */
  readonly kind: string;
  /** Wall-clock milliseconds. */
  readonly atMs: number;
  /** A plain object, written as JSON. */
  readonly data: object;
}

const KEPT = 200;

/** The recent past, and a way to hear what comes next. A slow subscriber loses events rather than memory. */
export class EventFeed {
  readonly #recent: FeedEvent[] = [];
  readonly #subscribers = new Set<(event: FeedEvent) => void>();

  /** The last events, oldest first; at most 200. */
  get recent(): readonly FeedEvent[] {
    return this.#recent;
  }

  publish(event: FeedEvent): void {
    this.#recent.push(event);
    if (this.#recent.length > KEPT) this.#recent.shift();
    for (const subscriber of this.#subscribers) subscriber(event);
  }

  /** Calls `subscriber` for each further event until the returned function is called. */
  subscribe(subscriber: (event: FeedEvent) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }
}
