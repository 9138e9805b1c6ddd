import type { Clock } from '../runtime/clock.ts';
import type { MarathonEventSource, MarathonNotice, OnNotice } from './event-source.ts';
import type { MarathonEvent } from './marathon-event.ts';

/** Events within this time are compared; the two ways are seconds apart at most. */
const REMEMBER_MS = 60_000;
/** And so many of them at most. */
const REMEMBER_EVENTS = 5_000;

/** Several sources as one: what comes both ways (or twice one way) is handed on once. */
export class MergedEvents implements MarathonEventSource {
  readonly #sources: readonly MarathonEventSource[];
  readonly #clock: Clock;
  /** What was handed on, oldest first, and when. */
  readonly #seen = new Map<string, number>();

  constructor(sources: readonly MarathonEventSource[], clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
  }

  async run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    const once = (notice: MarathonNotice) => {
      if (notice.kind === 'resync' || this.#isNew(notice.event)) onNotice(notice);
    };
    await Promise.all(this.#sources.map((source) => source.run(signal, once)));
  }

  /** Marathon's time tells an event from a later one like it; without it, each is new. */
  #isNew(event: MarathonEvent): boolean {
    if (event.timestamp === undefined) return true;
    const nowMs = this.#clock.nowMs();
    for (const [key, atMs] of this.#seen) {
      if (nowMs - atMs <= REMEMBER_MS && this.#seen.size <= REMEMBER_EVENTS) break;
      this.#seen.delete(key);
    }
    const key = JSON.stringify(event);
    if (this.#seen.has(key)) return false;
    this.#seen.set(key, nowMs);
    return true;
  }
}
