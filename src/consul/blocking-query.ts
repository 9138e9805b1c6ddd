import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { isAbort } from '../runtime/task.ts';
import type { Answer, AnswerMeta } from './answer.ts';
import type { Same } from './compare.ts';
import { ConsulError, type ConsulErrorKind } from './consul-error.ts';
import { LatestValue } from './latest-value.ts';
import { blocks, cursorAfter, FROM_NOW, type PollCursor } from './poll-cursor.ts';
import type { QueryBudget } from './query-budget.ts';
import { TokenBucket } from './token-bucket.ts';
import type { WatchObserver } from './watch-observer.ts';

/** What a watch is made of. */
export interface BlockingQuery<T> {
  /** Reads once, blocking where the cursor says. @throws ConsulError */
  readonly read: (cursor: PollCursor, signal: AbortSignal) => Promise<Answer<T>>;
  /** Whether two answers mean the same. */
  readonly same: Same<T>;
  readonly observer: WatchObserver;
  readonly clock: Clock;
  readonly random: Random;
  /** Polls of all watches wait for their turn here; undefined: no common limit. */
  readonly budget: QueryBudget | undefined;
  /** Grows when the agent may be another one than before; see `Transport.losses`. Default: never. */
  readonly losses?: (() => number) | undefined;
  /** Waits before the next try after the agent failed; may end early when it is back. Default: the whole time. */
  readonly backOff?: ((forMs: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** The pause between reads that cannot block, where Consul gives no index to wait for. */
  readonly pollEveryMs: number;
}

/** Reads that may follow each other at once; a service that flaps would else cost a query per flap. */
const BURST = 2;
/** Beyond the burst, one read in this time. */
const READ_EVERY_MS = 50;
const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** Failures that may mean that the agent or its servers are away; after others an early retry would be no use. */
const AWAY: ReadonlySet<ConsulErrorKind> = new Set(['Unreachable', 'TimedOut', 'NoLeader', 'ServerError']);
/** A stale read from a server that has not heard of its leader for this long is told as stale. */
const STALE_CONTACT_MS = 5_000;

/**
 * The one loop behind every watch: yields the value each time it really changed, the newest only if several came while
 * the consumer was busy. Failures go to the observer and are tried again; what was yielded stays true as far as anyone
 * knows. Ends when `signal` aborts or the consumer leaves; then the read under way is aborted too.
 */
export async function* blockingQuery<T>(query: BlockingQuery<T>, signal?: AbortSignal): AsyncGenerator<Answer<T>> {
  const left = new AbortController();
  const onAbort = () => left.abort(signal?.reason);
  if (signal?.aborted) return;
  signal?.addEventListener('abort', onAbort, { once: true });
  const latest = new LatestValue<Answer<T>>((a, b) => query.same(a.value, b.value));
  const polling = poll(query, latest, left.signal).then(
    () => latest.end(),
    (error: unknown) => latest.end(isAbort(error, left.signal) ? undefined : error),
  );
  try {
    for (let next = await latest.take(); next !== undefined; next = await latest.take()) yield next.value;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    left.abort();
    await polling;
  }
}

async function poll<T>(query: BlockingQuery<T>, latest: LatestValue<Answer<T>>, signal: AbortSignal): Promise<void> {
  const { clock, random, observer } = query;
  const bucket = new TokenBucket({ clock, burst: BURST, everyMs: READ_EVERY_MS });
  const backoff = new Backoff({ minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS, random });
  let cursor = FROM_NOW;
  let losses = query.losses?.();
  let wasDoubtful = false;
  let isNew = true;
  for (;;) {
    await bucket.take(signal);
    await query.budget?.admitPoll(signal, isNew);
    // Between two reads nothing tells this watch that the agent was replaced: other connections of the client do.
    const isDoubtful = blocks(cursor) && query.losses?.() !== losses;
    if (isDoubtful) {
      // Connections that keep breaking for another reason are not to make every watch spin.
      if (wasDoubtful) await clock.sleep(query.pollEveryMs, signal);
      cursor = FROM_NOW;
    }
    wasDoubtful = isDoubtful;
    losses = query.losses?.();
    try {
      const answer = await query.read(cursor, signal);
      signal.throwIfAborted();
      backoff.reset();
      isNew = false;
      const started = blocks(cursor);
      cursor = cursorAfter(cursor, answer.meta);
      latest.put(answer);
      tell(observer, answer.meta);
      // An index that went down is looked at again at once; where there is no index at all, that would be spinning.
      if (!blocks(cursor) && !(started && answer.meta.index !== undefined))
        await clock.sleep(query.pollEveryMs, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof ConsulError)) throw error;
      // After an error the index may be above what the next server knows, and blocking on it would hang a whole wait.
      cursor = FROM_NOW;
      const retryInMs = Math.max(backoff.nextMs(), error.retryAfterMs ?? 0);
      observer.failed?.(error, retryInMs);
      const rest = query.backOff !== undefined && AWAY.has(error.kind) ? query.backOff : undefined;
      await (rest?.(retryInMs, signal) ?? clock.sleep(retryInMs, signal));
    }
  }
}

function tell(observer: WatchObserver, meta: AnswerMeta): void {
  const old = (meta.ageMs ?? 0) > 0 || (meta.lastContactMs ?? 0) > STALE_CONTACT_MS;
  if (old) observer.stale?.(meta);
  else observer.confirmed?.(meta);
}
