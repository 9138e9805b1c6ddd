import type { Answer } from './answer.ts';
import type { Same } from './compare.ts';
import { LatestValue } from './latest-value.ts';
import { type PollListener, PollLoop, type PollLoopOptions, type PollSurroundings } from './poll-loop.ts';
import type { WatchObserver } from './watch-observer.ts';

/** What an iterable watch is made of. */
export interface BlockingQuery<T> extends PollSurroundings, Omit<PollLoopOptions<T>, 'listener'> {
  /** Whether two answers mean the same. */
  readonly same: Same<T>;
  readonly observer: WatchObserver;
}

/**
 * A {@link PollLoop} as an iterable: yields the value each time it really changed, the newest only if several came while
 * the consumer was busy. Failures go to the observer and are tried again; what was yielded stays true as far as anyone
 * knows. Asks nothing before the first `next()`. Ends when `signal` aborts or the consumer leaves; then the read under way
 * is aborted too.
 */
export async function* blockingQuery<T>(query: BlockingQuery<T>, signal?: AbortSignal): AsyncGenerator<Answer<T>> {
  if (signal?.aborted) return;
  const { observer } = query;
  const latest = new LatestValue<Answer<T>>((a, b) => query.same(a.value, b.value));
  const listener: PollListener<T> = {
    answered: (answer) => latest.put(answer),
    broke: (error) => latest.end(error),
    confirmed: (meta) => observer.confirmed?.(meta),
    stale: (meta) => observer.stale?.(meta),
    failed: (error, retryInMs) => observer.failed?.(error, retryInMs),
  };
  const loop = new PollLoop<T>(query, { read: query.read, pollEveryMs: query.pollEveryMs, listener });
  const onAbort = () => latest.end();
  signal?.addEventListener('abort', onAbort, { once: true });
  loop.start();
  try {
    for (let next = await latest.take(); next !== undefined; next = await latest.take()) yield next.value;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await loop.end();
  }
}
