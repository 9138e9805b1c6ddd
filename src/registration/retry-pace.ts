import { ConsulError, type ConsulErrorKind } from '../consul/consul-error.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { Random } from '../runtime/random.ts';

/** Errors that a local agent gives at once and for free while it is down: looked at often, to be back within 1 s of it. */
const GONE: ReadonlySet<ConsulErrorKind> = new Set(['Unreachable', 'TimedOut', 'NoLeader']);

/** How soon a failed exchange with the agent is tried again: by what failed, and how often already. */
export class RetryPace {
  readonly #gone: Backoff;
  readonly #refused: Backoff;

  constructor(random: Random) {
    this.#gone = new Backoff({ minMs: 100, maxMs: 800, random });
    this.#refused = new Backoff({ minMs: 1000, maxMs: 30_000, random });
  }

  /** Counts a failure. Returns the delay before the next try. */
  nextMs(error: unknown): number {
    const isGone = error instanceof ConsulError && GONE.has(error.kind);
    const asked = error instanceof ConsulError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, (isGone ? this.#gone : this.#refused).nextMs());
  }

  /** Called after a success. */
  reset(): void {
    this.#gone.reset();
    this.#refused.reset();
  }
}
