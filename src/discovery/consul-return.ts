import type { Clock } from '../runtime/clock.ts';

/** What a {@link ConsulReturn} is made of. */
export interface ConsulReturnOptions {
  /** A cheap call that says whether Consul can be used; rejecting means no. */
  readonly isThere: (signal: AbortSignal) => Promise<boolean>;
  readonly clock: Clock;
}

/** A search that is under way, for everybody who waits. */
interface Look {
  readonly found: Promise<boolean>;
  readonly stop: AbortController;
  waiting: number;
}

/** How often Consul is looked for while it is gone: a watch's own back-off grows to 10 s, a fresh view is due in 1 s. */
const LOOK_EVERY_MS = 500;

/** Notices Consul's return with one cheap call for all the watches that wait for it. */
export class ConsulReturn {
  readonly #options: ConsulReturnOptions;
  #look: Look | undefined;

  constructor(options: ConsulReturnOptions) {
    this.#options = options;
  }

  /**
   * Resolves true when Consul was seen gone and then there again; false when it turns out to be there all along (the
   * failure had another reason, and the watch's own back-off is right) or when `signal` aborts.
   */
  async seen(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const look = this.#look ?? this.#begin();
    look.waiting += 1;
    try {
      return await Promise.race([look.found, aborted(signal)]);
    } finally {
      look.waiting -= 1;
      if (look.waiting === 0) {
        look.stop.abort();
        if (this.#look === look) this.#look = undefined;
      }
    }
  }

  #begin(): Look {
    const stop = new AbortController();
    const found = this.#find(stop.signal).finally(() => {
      if (this.#look?.stop === stop) this.#look = undefined;
    });
    this.#look = { found, stop, waiting: 0 };
    return this.#look;
  }

  async #find(signal: AbortSignal): Promise<boolean> {
    let wasGone = false;
    while (!signal.aborted) {
      await this.#options.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      const isThere = await this.#options.isThere(signal).catch(() => false);
      if (isThere) return wasGone;
      wasGone = true;
    }
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}
