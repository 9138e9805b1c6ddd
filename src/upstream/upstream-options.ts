import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { UpstreamObserver } from './upstream-event.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

/** What an upstream is made of. */
export interface UpstreamOptions {
  /** As in the URL: `orders`, `v2.orders@dc2`. */
  readonly key: string;
  readonly settings: UpstreamSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: UpstreamObserver | undefined;
}
