import type { CallbackListener } from './callback-listener.ts';
import type { MarathonEventSource, OnNotice } from './event-source.ts';
import type { EventSubscription } from './event-subscription.ts';

/** Marathon's events by callbacks (before 1.5): a listener, and the subscription that has Marathon call it. */
export class CallbackEvents implements MarathonEventSource {
  readonly #listener: CallbackListener;
  readonly #subscription: EventSubscription;

  constructor(listener: CallbackListener, subscription: EventSubscription) {
    this.#listener = listener;
    this.#subscription = subscription;
  }

  async run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    await Promise.all([this.#listener.run(signal, onNotice), this.#subscription.run(signal, onNotice)]);
  }
}

/** Where a listener is reached from outside. */
export interface AdvertisedAddress {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/** Consular's callback: `scheme://host:port/events?registration=<id>`. */
export function callbackUrl({ scheme, host, port }: AdvertisedAddress, registrationId: string): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${scheme}://${name}:${port}/events?registration=${encodeURIComponent(registrationId)}`;
}
