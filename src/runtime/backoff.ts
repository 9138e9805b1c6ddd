import type { Random } from './random.ts';

/** What a {@link Backoff} is made of. */
export interface BackoffOptions {
  /** The first ceiling, and the least a later one can be. */
  readonly minMs: number;
  /** No delay is longer than this. */
  readonly maxMs: number;
  readonly random: Random;
}

/**
 * How long to wait before the next try: a random share of a ceiling that doubles with each failure ("full jitter"),
 * so that a fleet that lost the same server does not come back to it in step.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Counts a failure. Returns the delay before the next try, in (0, ceiling]. */
  nextMs(): number {
    const { minMs, maxMs, random } = this.#options;
    const ceilingMs = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return (1 - random()) * ceilingMs;
  }

  /** Called after a success: the next delay is a first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
