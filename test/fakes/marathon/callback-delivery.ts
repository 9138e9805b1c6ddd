import { request } from 'node:http';

/** What became of a posted event. */
export interface Delivery {
  readonly url: string;
  readonly eventType: string;
  /** Undefined: no answer. */
  readonly status: number | undefined;
  readonly body: string;
}

/**
 * Posts events to subscribers as Marathon ≤ 1.4 does: one after the other for each, and after an answer that is no
 * success it drops events for that subscriber for a while (2 s, doubling). Here the while lasts until
 * {@link forgive}. Source: mesosphere/marathon v1.1.0 `event/http/HttpEventActor.scala`.
 */
export class CallbackDelivery {
  readonly urls: Set<string> = new Set();
  readonly deliveries: Delivery[] = [];
  /** Events that a subscriber did not get, for it had failed before. */
  skipped = 0;
  readonly #limited = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  post(event: { readonly eventType: string }): void {
    for (const url of this.urls) {
      this.#last = this.#last.then(async () => {
        if (this.#limited.has(url)) {
          this.skipped += 1;
          return;
        }
        const delivery = await deliver(url, event);
        this.deliveries.push(delivery);
        if (delivery.status !== 200) this.#limited.add(url);
      });
    }
  }

  /** Ends the pause of those that failed. */
  forgive(): void {
    this.#limited.clear();
  }

  /** Settles when everything posted so far was answered. */
  async done(): Promise<void> {
    await this.#last;
  }
}

function deliver(url: string, event: { readonly eventType: string }): Promise<Delivery> {
  const { eventType } = event;
  return new Promise((resolve) => {
    const failed = () => resolve({ url, eventType, status: undefined, body: '' });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const posted = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ url, eventType, status: answer.statusCode, body }));
      answer.on('error', failed);
    });
    posted.on('error', failed);
    posted.end(JSON.stringify(event));
  });
}
