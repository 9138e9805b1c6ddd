import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { ConsulLink } from './consul-meter.ts';

/** The same failure of the same upstream is news again after this long. */
const FAILURE_AGAIN_MS = 300_000;
/** A link that keeps breaking is told of once in this time. */
const OUTAGE_AGAIN_MS = 60_000;
/** What is told of the link, once, is not told of each upstream too. */
const OF_THE_LINK: ReadonlySet<string> = new Set(['consul_unreachable']);

/**
 * Tells what of the trouble with the catalog is news. Watches go on asking, and each fails the same way each time: a night
 * without Consul is to be two lines in the log, not some thousand per service.
 */
export class CatalogTrouble {
  readonly #clock: Clock;
  readonly #told = new Map<string, { readonly code: string; readonly atMs: number }>();
  #outageToldAtMs = Number.NEGATIVE_INFINITY;
  #isOutageTold = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a failed question is; if so, it counts as told. */
  isFailureNews(upstream: string, { code }: CodedError): boolean {
    if (OF_THE_LINK.has(code)) return false;
    const nowMs = this.#clock.nowMs();
    const told = this.#told.get(upstream);
    if (told?.code === code && nowMs - told.atMs < FAILURE_AGAIN_MS) return false;
    this.#told.set(upstream, { code, atMs: nowMs });
    return true;
  }

  /** Whether it is that the link came or went; if so, it counts as told. Coming is when its going was. */
  isLinkNews({ isReachable }: ConsulLink): boolean {
    if (isReachable !== false) {
      const wasTold = this.#isOutageTold;
      this.#isOutageTold = false;
      return wasTold;
    }
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#outageToldAtMs < OUTAGE_AGAIN_MS) return false;
    this.#outageToldAtMs = nowMs;
    this.#isOutageTold = true;
    return true;
  }

  /** The upstream is gone. */
  forget(upstream: string): void {
    this.#told.delete(upstream);
  }
}
