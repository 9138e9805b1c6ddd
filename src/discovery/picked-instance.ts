import type { Endpoint } from '../upstream/endpoint.ts';
import type { Lease, Outcome } from '../upstream/lease.ts';

/** An instance that was picked for one request. */
export class PickedInstance implements Lease, Disposable {
  readonly #lease: Lease;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  /** Who it is. */
  get endpoint(): Endpoint {
    return this.#lease.endpoint;
  }

  /** `http://10.0.0.7:8000`, to put a path after. */
  get origin(): string {
    return `http://${this.address}`;
  }

  /** `10.0.0.7:8000`, or `[2001:db8::1]:8000`. */
  get address(): string {
    const { host, port } = this.endpoint;
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** See {@link Lease.answered}. */
  answered(): void {
    this.#lease.answered();
  }

  /** Gives the load back and tells how it went. Later calls do nothing. */
  settle(outcome: Outcome): void {
    this.#lease.settle(outcome);
  }

  /** Gives the load back without a word on how it went, unless that was told before. */
  [Symbol.dispose](): void {
    this.#lease.settle({ kind: 'cancelled' });
  }
}
