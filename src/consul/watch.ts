import type { Answer } from './answer.ts';
import { blockingQuery } from './blocking-query.ts';
import type { Same } from './compare.ts';
import { type Following, PollLoop, type PollLoopOptions, type PollSurroundings } from './poll-loop.ts';
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
export interface WatcherOptions extends Omit<PollSurroundings, 'onEnd'> {
  /** Aborts when the client is closed; every watch then ends. */
  readonly closing: AbortSignal;
}

/** The pause between reads where Consul gives no index to block on. */
export const POLL_EVERY_MS = 1_000;

/** Makes watches out of reads. */
export class Watcher {
  readonly #closing: AbortSignal;
  readonly #around: PollSurroundings;
  readonly #followings = new Set<Following>();

  constructor({ closing, ...around }: WatcherOptions) {
    this.#closing = closing;
    this.#around = { ...around, onEnd: (loop) => this.#followings.delete(loop) };
    const end = () => {
      for (const following of [...this.#followings]) void following.end();
    };
    closing.addEventListener('abort', end, { once: true });
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
    const closing = this.#closing;
    return blockingQuery(
      {
        ...this.#around,
        read: (turn, signal) => read({ ...reading, ...turn, signal }),
        same: ownSame ?? same,
        observer: observer ?? {},
        pollEveryMs: pollEveryMs ?? POLL_EVERY_MS,
      },
      outer === undefined ? closing : AbortSignal.any([outer, closing]),
    );
  }

  /** Reads again and again, blocking, and tells every answer, with news or without, until it is ended or the client closed. */
  follow<T>(options: PollLoopOptions<T>): Following {
    const loop = new PollLoop<T>(this.#around, options);
    this.#followings.add(loop);
    if (this.#closing.aborted) void loop.end();
    else loop.start();
    return loop;
  }
}
