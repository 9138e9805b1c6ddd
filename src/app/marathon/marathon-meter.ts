import type { MarathonAddress } from '../../marathon/marathon-address.ts';
import type { MarathonReply, MarathonRequest, MarathonStream, MarathonWire } from '../../marathon/marathon-wire.ts';
import type { Clock } from '../../runtime/clock.ts';

/** How the link to Marathon is. */
export interface MarathonLink {
  /** Undefined while nothing has been asked. */
  readonly isReachable: boolean | undefined;
  /** Since when it has been so. */
  readonly sinceWallMs: number | undefined;
  /** Why no address answers; undefined when one does. */
  readonly error: string | undefined;
}

/** Sees what goes to Marathon and comes back, and so knows whether any of its addresses answers. */
export class MarathonMeter {
  readonly #clock: Clock;
  readonly #addresses: number;
  /** By the address's origin; undefined: it answered last. */
  readonly #errors = new Map<string, string | undefined>();
  #isReachable: boolean | undefined;
  #sinceWallMs: number | undefined;

  /** @param addresses how many there are */
  constructor(addresses: number, clock: Clock) {
    this.#addresses = addresses;
    this.#clock = clock;
  }

  get link(): MarathonLink {
    const error = this.#isReachable === false ? [...this.#errors.values()].at(-1) : undefined;
    return { isReachable: this.#isReachable, sinceWallMs: this.#sinceWallMs, error };
  }

  /** The same wire, observed here. */
  around(inner: MarathonWire): MarathonWire {
    return {
      send: (address, request) => this.#seen(address, request, inner.send(address, request)),
      open: (address, request) => this.#seen(address, request, inner.open(address, request)),
      close: () => inner.close(),
    };
  }

  async #seen<T extends MarathonStream | MarathonReply>(
    address: MarathonAddress,
    { signal }: MarathonRequest,
    asked: Promise<T>,
  ): Promise<T> {
    try {
      const answer = await asked;
      const isFailure = 'status' in answer && answer.status >= 500;
      this.#note(address, isFailure ? `${address.origin} answered ${answer.status}` : undefined);
      return answer;
    } catch (error) {
      // Taken back by ourselves: that says nothing about Marathon.
      if (signal?.aborted !== true) this.#note(address, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  #note({ origin }: MarathonAddress, error: string | undefined): void {
    // Deleted first, so that the latest is the last.
    this.#errors.delete(origin);
    this.#errors.set(origin, error);
    const failed = [...this.#errors.values()].filter((each) => each !== undefined).length;
    const isReachable = error === undefined;
    // Another address may do.
    if (this.#isReachable === isReachable || (!isReachable && failed < this.#addresses)) return;
    this.#isReachable = isReachable;
    this.#sinceWallMs = this.#clock.wallMs();
  }
}
