import type { MarathonEvent } from './marathon-event.ts';

/** A way by which events come. */
export type EventWay = 'sse' | 'callback';

/**
 * What an event source hands on.
 *
 * - `event`: something happened. The same may come twice, late, or out of order.
 * - `resync`: events may have been missed before this moment, so everything is to be compared. Comes after every
 *   (re)connect, and whenever Marathon held events back.
 */
export type MarathonNotice =
  | { readonly kind: 'event'; readonly way: EventWay; readonly event: MarathonEvent }
  | { readonly kind: 'resync'; readonly way: EventWay; readonly why: string };

/** Takes a notice. Returns at once and never throws: what takes longer is queued. */
export type OnNotice = (notice: MarathonNotice) => void;

/** Where Marathon's events come from: the stream, the callbacks, or both. */
export interface MarathonEventSource {
  /** Hands on notices until `signal` aborts, whatever becomes of the connection. */
  run(signal: AbortSignal, onNotice: OnNotice): Promise<void>;
}
