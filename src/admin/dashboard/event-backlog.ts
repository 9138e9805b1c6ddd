import type { EventFeed, FeedEvent } from '../event-feed.ts';
import { eventRow } from './live-rows.ts';

/** At most so many events in one message; more is only noise. */
const MAX_EVENTS = 200;

/** What an open page has not been told yet of what happens; at first the recent past. */
export class EventBacklog {
  readonly #stop: () => void;
  readonly #events: FeedEvent[];

  constructor(feed: EventFeed) {
    this.#events = [...feed.recent];
    this.#stop = feed.subscribe((event) => {
      this.#events.push(event);
      if (this.#events.length > MAX_EVENTS) this.#events.shift();
    });
  }

  /** The events since the last call, as rows. */
  take(): ReturnType<typeof eventRow>[] {
    return this.#events.splice(0).map(eventRow);
  }

  close(): void {
    this.#stop();
  }
}
