import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Ledger } from '../store/ledger.ts';
import type { Waiters } from '../waiters.ts';
import type { ReadOptions } from './read-options.ts';

/** The outcome of a read: a value, its index, and what would change it. */
export interface ReadResult<T> {
  readonly value: T;
  readonly index: number;
  readonly topics: readonly string[];
}

/** What a blocking read needs of its surroundings. */
export interface BlockingContext {
  readonly ledger: Pick<Ledger, 'firstIndex'>;
  readonly waiters: Waiters;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Reads once; if the caller asked to block, until the index has passed the one it knows or the wait (with up to 1/16 of
 * jitter) is over, then with what is there. An index is never 0 (docs/consul-client.md 1–3).
 *
 * An index from before this process that is above the present one is no reason to wait, as it would be to a real agent:
 * the state it stands for is lost (there was no state file, or a crash took its last changes).
 */
export async function blockingRead<T>(
  context: BlockingContext,
  options: Pick<ReadOptions, 'index' | 'waitMs'>,
  signal: AbortSignal,
  read: () => ReadResult<T>,
): Promise<ReadResult<T>> {
  let result = read();
  const isOfLostState = options.index > Math.max(1, result.index) && options.index < context.ledger.firstIndex;
  if (options.index === 0 || isOfLostState) return result;
  const timeoutMs = options.waitMs + (context.random() * options.waitMs) / 16;
  const untilMs = context.clock.nowMs() + timeoutMs;
  while (result.index <= options.index && !signal.aborted) {
    const leftMs = untilMs - context.clock.nowMs();
    if (leftMs <= 0 || !(await changed(context, result.topics, leftMs, signal))) break;
    result = read();
  }
  return result;
}

/** Waits for a change of one of `topics`; false if `timeoutMs` passed or `signal` aborted first. */
function changed(
  context: BlockingContext,
  topics: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (value: boolean): void => {
      leave();
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onAbort = (): void => end(false);
    const leave = context.waiters.add(topics, () => end(true));
    const timer = context.clock.after(timeoutMs, () => end(false));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
