import type { CodedError } from '../runtime/coded-error.ts';
import type { EventWay } from './event-source.ts';

/**
 * What happens to the ways by which events come; for logs and metrics.
 *
 * - `stream_opened`: events flow from this Marathon.
 * - `stream_lost`: no event stream; another is opened after `retryInMs`. Without an error, Marathon ended it.
 * - `event_refused`: an event could not be used: no JSON, too large, lacking what it needs, of a type not known, or for
 *   another registration. What it may have said is found by comparing everything (`resync`).
 * - `subscribed`: Marathon did not have our callback, and has it now.
 * - `subscription_failed`: Marathon could not be asked, or has no callbacks; asked again after `retryInMs`.
 */
export type EventReport =
  | { readonly kind: 'stream_opened'; readonly origin: string }
  | { readonly kind: 'stream_lost'; readonly error: CodedError | undefined; readonly retryInMs: number }
  | { readonly kind: 'event_refused'; readonly way: EventWay; readonly problem: string }
  | { readonly kind: 'subscribed'; readonly callbackUrl: string }
  | { readonly kind: 'subscription_failed'; readonly error: CodedError; readonly retryInMs: number };

/** Hears of it. Must not throw. */
export type OnEventReport = (report: EventReport) => void;
