import type { Clock } from '../runtime/clock.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a request is for, as the "Consul cost" metric tells them apart. */
export type QueryKind = 'read' | 'poll' | 'write' | 'heartbeat';

/** How much a {@link QueryBudget} lets through. */
export interface QueryBudgetOptions {
  readonly clock: Clock;
  /** Polls a second, over all watches that share the budget. */
  readonly pollsPerSecond: number;
  /** Polls that may go out at once after a quiet time. */
  readonly burst: number;
}

/**
 * What a process spends on Consul: every request is counted by kind, and polls wait for their turn. Shared between the
 * watches (and clients) of a process.
 */
export class QueryBudget {
  readonly #polls: TokenBucket;
  readonly #spent = new Map<QueryKind, number>();

  constructor(options: QueryBudgetOptions) {
    this.#polls = new TokenBucket({
      clock: options.clock,
      burst: options.burst,
      everyMs: 1000 / options.pollsPerSecond,
    });
  }

  /**
   * Waits until a poll may go out. Watches without an answer yet wait apart from the others: a flood of names that
   * nobody knows must not make the views of services in use old, nor busy services keep a new one waiting.
   * @throws the signal's reason
   */
  admitPoll(signal: AbortSignal, isNew: boolean): Promise<void> {
    return this.#polls.take(signal, isNew);
  }

  /** Counts a request. */
  spend(kind: QueryKind): void {
    this.#spent.set(kind, (this.#spent.get(kind) ?? 0) + 1);
  }

  /** Requests so far, by kind. */
  get spent(): ReadonlyMap<QueryKind, number> {
    return this.#spent;
  }
}
