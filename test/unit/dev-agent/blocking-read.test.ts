import { describe, expect, it } from 'vitest';
import { blockingRead } from '../../../src/dev-agent/http/blocking-read.ts';
import { Waiters } from '../../../src/dev-agent/waiters.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

function setUp(firstIndex = 0) {
  const clock = new FakeClock();
  const waiters = new Waiters();
  const state = { index: 5, reads: 0 };
  const read = () => {
    state.reads += 1;
    return { value: `at ${state.index}`, index: state.index, topics: ['index/a'] };
  };
  const stop = new AbortController();
  const start = (index: number, waitMs = 16_000) =>
    blockingRead({ ledger: { firstIndex }, waiters, clock, random: () => 0.5 }, { index, waitMs }, stop.signal, read);
  return { clock, waiters, state, stop, start };
}

describe('a blocking read', () => {
  it('answers at once without an index, or with one that has passed', async () => {
    const { start, waiters } = setUp();
    expect((await start(0)).value).toBe('at 5');
    expect((await start(4)).value).toBe('at 5');
    expect(waiters.size).toBe(0);
  });

  it('answers at once to an index of an earlier process whose state is lost, and waits at one that is kept', async () => {
    const { start, stop, waiters } = setUp(1000);
    expect((await start(6)).value).toBe('at 5');
    expect((await start(999)).value).toBe('at 5');
    const kept = start(5);
    const above = start(1000);
    await settle();
    expect(waiters.size).toBe(2);
    stop.abort();
    await Promise.all([kept, above]);
  });

  it('waits until its topic changed and the index has passed', async () => {
    const { start, waiters, state } = setUp();
    const answer = start(5);
    await settle();
    waiters.wake(new Set(['index/b']));
    await settle();
    expect(state.reads).toBe(1);
    waiters.wake(new Set(['index/a']));
    await settle();
    expect(state.reads).toBe(2);
    state.index = 6;
    waiters.wake(new Set(['index/a']));
    expect((await answer).value).toBe('at 6');
    expect(waiters.size).toBe(0);
  });

  it('answers with what is there after the wait and its share of jitter', async () => {
    const { start, clock, waiters } = setUp();
    const answer = start(5, 16_000);
    let answered = false;
    void answer.then(() => {
      answered = true;
    });
    await clock.advance(16_499);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect((await answer).index).toBe(5);
    expect(waiters.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('ends when the client goes away, leaving nothing behind', async () => {
    const { start, stop, waiters, clock } = setUp();
    const answer = start(9);
    await settle();
    stop.abort();
    await answer;
    expect(waiters.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('waits out an index that is above the registry\u2019s own, as Consul does', async () => {
    const { start, waiters, state } = setUp();
    let answered = false;
    void start(100).then(() => {
      answered = true;
    });
    state.index = 6;
    waiters.wake(new Set(['index/a']));
    await settle();
    expect(answered).toBe(false);
  });
});
