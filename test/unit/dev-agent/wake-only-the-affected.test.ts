import { describe, expect, it } from 'vitest';
import { Waiters } from '../../../src/dev-agent/waiters.ts';

describe('waiters', () => {
  it('wake only for their own topic, once per change', () => {
    const waiters = new Waiters();
    const woken: string[] = [];
    waiters.add(['a', 'b'], () => woken.push('ab'));
    waiters.add(['c'], () => woken.push('c'));
    waiters.wake(new Set(['a', 'b']));
    expect(woken).toEqual(['ab']);
  });

  it('wake for anything under a prefix, but not beside it', () => {
    const waiters = new Waiters();
    const woken: string[] = [];
    waiters.add(['kv/app/*'], () => woken.push('app/'));
    waiters.add(['kv/app/a'], () => woken.push('app/a'));
    waiters.wake(new Set(['kv/app-2/x']));
    expect(woken).toEqual([]);
    waiters.wake(new Set(['kv/app/b']));
    expect(woken).toEqual(['app/']);
  });

  it('are forgotten when they stop waiting', () => {
    const waiters = new Waiters();
    const stop = waiters.add(['a', 'kv/*'], () => expect.unreachable());
    stop();
    waiters.wake(new Set(['a', 'kv/x']));
    expect(waiters.size).toBe(0);
  });
});
