import type { Clock } from '../runtime/clock.ts';
import { TokenBucket, type TurnTaker } from './token-bucket.ts';

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
 * The first query of a watch is what a caller waits for, it does not block, and a watch has but one: of these there may be
 * so many times as many, beside the others.
 */
const FIRST_QUERIES = 2;

/**
 * What a process spends on Consul: every request is counted by kind, and polls wait for their turn. Shared between the
 * watches (and clients) of a process.
 */
export class QueryBudget {
  readonly #polls: TokenBucket;
  readonly #firsts: TokenBucket;
  readonly #spent = new Map<QueryKind, number>();

  constructor(options: QueryBudgetOptions) {
    const { clock, pollsPerSecond, burst } = options;
    this.#polls = new TokenBucket({ clock, burst, everyMs: 1000 / pollsPerSecond });
    this.#firsts = new TokenBucket({
      clock,
      burst: FIRST_QUERIES * burst,
      everyMs: 1000 / (FIRST_QUERIES * pollsPerSecond),
    });
  }

  /**
   * Whether a poll may go out now; else its turn comes later. Watches without an answer yet have an allowance of their own,
   * twice as large: a flood of names that nobody knows must not make the views of services in use old, nor a thousand
   * watched services keep the caller of a new one waiting.
   * @internal
   */
  ask(taker: TurnTaker, isNew: boolean): boolean {
    return (isNew ? this.#firsts : this.#polls).ask(taker);
  }

  /**
   * Waits no more.
   * @internal
   */
  leave(taker: TurnTaker): void {
    this.#firsts.leave(taker);
    this.#polls.leave(taker);
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
