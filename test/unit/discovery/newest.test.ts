import { describe, expect, it } from 'vitest';
import { newestOf } from '../../../src/discovery/newest.ts';
import { settle } from '../../support/fake-clock.ts';

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('a value between a producer and a slow consumer', () => {
  it('is the newest: those between are skipped, the last never is', async () => {
    const seen: number[] = [];
    const produced = newestOf<number>(new AbortController().signal, async (put) => {
      for (let value = 1; value <= 10; value++) {
        put(value);
        if (value % 5 === 0) await settle();
      }
    });
    for await (const value of produced) seen.push(value);
    expect(seen).toEqual([5, 10]);
  });

  it('ends, and its producer first, when the outer signal aborts', async () => {
    const abort = new AbortController();
    let hasEnded = false;
    const produced = newestOf<number>(abort.signal, async (put, signal) => {
      put(1);
      await untilAborted(signal);
      await settle();
      hasEnded = true;
    });
    for await (const value of produced) if (value === 1) abort.abort();
    expect(hasEnded).toBe(true);
  });

  it('ends its producer when the consumer leaves', async () => {
    let hasEnded = false;
    const produced = newestOf<number>(new AbortController().signal, async (put, signal) => {
      put(1);
      await untilAborted(signal);
      hasEnded = true;
    });
    for await (const _value of produced) break;
    expect(hasEnded).toBe(true);
  });

  it('never begins under a signal that has aborted', async () => {
    const produce = async () => expect.fail('begun');
    for await (const _value of newestOf(AbortSignal.abort(), produce)) expect.fail('yielded');
  });

  it('brings the producer’s failure, but not its abort', async () => {
    const failing = newestOf<number>(new AbortController().signal, async () => {
      throw new Error('broken');
    });
    await expect(failing.next()).rejects.toThrow('broken');
    const abort = new AbortController();
    const aborting = newestOf<number>(abort.signal, async (_put, signal) => {
      await untilAborted(signal);
      throw signal.reason;
    });
    const next = aborting.next();
    await settle();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
