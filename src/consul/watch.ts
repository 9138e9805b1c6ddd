import type { Answer } from './answer.ts';
import { blockingQuery } from './blocking-query.ts';
import type { Same } from './compare.ts';
import { type PollListener, PollLoop, type PollSurroundings, type PollTurn } from './poll-loop.ts';
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

/** What a watch takes that tells a listener. */
export type FollowOptions = Omit<WatchOptions<never>, 'observer' | 'same' | 'signal'>;

/** A watch that goes on. */
export interface Following {
  /** Nothing is told any more. Resolves when what was under way has ended. */
  end(): Promise<void>;
}

/** What watches share. */
export interface WatcherOptions extends PollSurroundings {
  /** Aborts when the client is closed; every watch then ends. */
  readonly closing: AbortSignal;
}

const POLL_EVERY_MS = 1_000;

/** Makes watches out of reads. */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #followings = new Set<Following>();

  constructor(options: WatcherOptions) {
    this.#options = options;
    const end = () => {
      for (const following of [...this.#followings]) void following.end();
    };
    options.closing.addEventListener('abort', end, { once: true });
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
    const { closing, ...around } = this.#options;
    return blockingQuery(
      {
        ...around,
        read: (turn, signal) => read({ ...reading, ...turn, signal }),
        same: ownSame ?? same,
        observer: observer ?? {},
        pollEveryMs: pollEveryMs ?? POLL_EVERY_MS,
      },
      outer === undefined ? closing : AbortSignal.any([outer, closing]),
    );
  }

  /** Reads again and again, blocking, and tells every answer, with news or without, until it is ended or the client closed. */
  follow<T>(
    read: (options: ReadOptions) => Promise<Answer<T>>,
    options: FollowOptions,
    listener: PollListener<T>,
  ): Following {
    const { pollEveryMs = POLL_EVERY_MS, ...reading } = options;
    const followings = this.#followings;
    const loop = new PollLoop<T>(this.#options, {
      read: (turn: PollTurn, signal) => read({ ...reading, ...turn, signal }),
      listener,
      pollEveryMs,
    });
    const following = {
      end() {
        followings.delete(following);
        return loop.end();
      },
    };
    followings.add(following);
    if (this.#options.closing.aborted) void following.end();
    else loop.start();
    return following;
  }
}
