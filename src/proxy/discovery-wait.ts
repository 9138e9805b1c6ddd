import type { Upstream } from '../upstream/upstream.ts';
import type { OutgoingRequest } from './outgoing-request.ts';
import type { ProxyCore } from './proxy-core.ts';
import type { RequestGate } from './request-gate.ts';

/** What a {@link DiscoveryWait} works with; all of the same client. */
export interface DiscoveryWaitParts {
  readonly core: ProxyCore;
  readonly gate: RequestGate;
  readonly out: OutgoingRequest;
  /** The upstream is known as well as it will be, and its traffic rules have said where the request goes on to. */
  readonly goOn: (upstream: Upstream) => void;
}

/** Lets a request wait for the catalog's first word about its upstream. */
export class DiscoveryWait {
  readonly #parts: DiscoveryWaitParts;
  /** Grows with each wait and each request's end, so that what comes of a wait finds the request it is for. */
  #serial = 0;

  constructor(parts: DiscoveryWaitParts) {
    this.#parts = parts;
  }

  begin(upstream: Upstream): void {
    const { core, gate, out, goOn } = this.#parts;
    this.#serial += 1;
    const serial = this.#serial;
    const known = () => {
      if (this.#serial !== serial) return;
      const next = gate.settle(upstream, out);
      if (next !== upstream && next.state === 'waiting') this.begin(next);
      else goOn(next);
    };
    upstream.whenKnown(core.settings.discoveryMs).then(known, known);
  }

  /** The request has ended: it waits for nothing any more. */
  end(): void {
    this.#serial += 1;
  }
}
