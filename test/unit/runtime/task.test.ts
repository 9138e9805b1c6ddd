import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/runtime/backoff.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { Tasks } from '../../../src/runtime/task.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('tasks', () => {
  it('stop when their owner stops, which waits for each to end', async () => {
    const ended: string[] = [];
    const clock = new FakeClock();
    const tasks = new Tasks(() => ended.push('crash'));
    tasks.start('sleeper', async (signal) => {
      await clock.sleep(1000, signal).finally(() => ended.push('sleeper'));
    });
    await tasks.stop();
    expect(ended).toEqual(['sleeper']);
    expect(clock.pending).toBe(0);
  });

  it('tell of a crash, by name', async () => {
    const crashes: unknown[] = [];
    const tasks = new Tasks((name, error) => crashes.push([name, (error as Error).message]));
    tasks.start('broken', () => Promise.reject(new Error('no')));
    await tasks.stop();
    expect(crashes).toEqual([['broken', 'no']]);
  });

  it('do not start after the stop', async () => {
    const tasks = new Tasks(() => {});
    await tasks.stop();
    let started = false;
    tasks.start('late', async () => {
      started = true;
    });
    expect(started).toBe(false);
  });
});

describe('back-off', () => {
  it('doubles its ceiling up to the maximum, stays above zero, and begins anew after a success', () => {
    const random = seededRandom(7);
    const backoff = new Backoff({ minMs: 250, maxMs: 10_000, random });
    const ceilings = [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000];
    for (const ceiling of ceilings) {
      const delay = backoff.nextMs();
      expect(delay).toBeGreaterThan(0);
      expect(delay).toBeLessThanOrEqual(ceiling);
    }
    backoff.reset();
    expect(backoff.nextMs()).toBeLessThanOrEqual(250);
  });
});

describe('the system clock', () => {
  it('ends a sleep at once when the signal aborts, with its reason', async () => {
    const abort = new AbortController();
    const sleep = systemClock.sleep(60_000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(systemClock.sleep(60_000, abort.signal)).rejects.toThrow('enough');
  });
});
