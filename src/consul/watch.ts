import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { AgentReturn } from './agent-return.ts';
import type { Answer } from './answer.ts';
import { blockingQuery } from './blocking-query.ts';
import type { Same } from './compare.ts';
import type { QueryBudget } from './query-budget.ts';
import type { ReadOptions } from './read-options.ts';
import type { WatchObserver } from './watch-observer.ts';

/** What every watch takes: what a read takes, but that the watch itself says where it takes up. */
export interface WatchOptions<T> extends Omit<ReadOptions, 'index' | 'hash' | 'timeoutMs'> {
  /** Hears how the watch is doing. */
  readonly observer?: WatchObserver | undefined;
  /** Whether two answers mean the same; default: a comparison that fits what is watched. */
  readonly same?: Same<T> | undefined;
  /** The pause between reads where Consul gives no index to block on. Default 1 s. */
  readonly pollEveryMs?: number | undefined;
}

/** What watches share. */
export interface WatcherOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: QueryBudget | undefined;
  /** See `Transport.losses`. */
  readonly losses: () => number;
  /** Ends back-offs early when the agent is back. */
  readonly agentReturn: AgentReturn;
  /** Aborts when the client is closed; every watch then ends. */
  readonly closing: AbortSignal;
}

const POLL_EVERY_MS = 1_000;

/** Makes watches out of reads. */
export class Watcher {
  readonly #options: WatcherOptions;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /**
   * Reads again and again, blocking, and yields each real change. Nothing is asked before the first `next()`.
   * @param same the comparison unless the options have one
   */
  watch<T>(
    read: (options: ReadOptions) => Promise<Answer<T>>,
    options: WatchOptions<T>,
    same: Same<T>,
  ): AsyncGenerator<Answer<T>> {
    const { observer, same: ownSame, pollEveryMs, signal: outer, ...reading } = options;
    const { clock, random, budget, losses, agentReturn, closing } = this.#options;
    return blockingQuery(
      {
        read: (cursor, signal) => read({ ...reading, ...cursor, signal }),
        same: ownSame ?? same,
        observer: observer ?? {},
        pollEveryMs: pollEveryMs ?? POLL_EVERY_MS,
        clock,
        random,
        budget,
        losses,
        backOff: (forMs, signal) => agentReturn.sleep(forMs, signal),
      },
      outer === undefined ? closing : AbortSignal.any([outer, closing]),
    );
  }
}
