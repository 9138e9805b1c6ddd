import { describe, expect, it } from 'vitest';
import { PollSlots } from '../../../src/consul/poll-slots.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { TokenBucket, type TurnTaker } from '../../../src/consul/token-bucket.ts';
import { indexed, scriptedClient } from '../../support/consul-transport.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

describe('poll slots', () => {
  it('let polls wait as long as they like while there are enough', async () => {
    const slots = new PollSlots({ clock: new FakeClock(), slots: 2 });
    expect((await slots.take(undefined))?.waitOf(55_000)).toBe(55_000);
    expect((await slots.take(undefined))?.waitOf(300_000)).toBe(300_000);
  });

  it('pass a slot on in the order of asking, with a shorter wait while others want one', async () => {
    const slots = new PollSlots({ clock: new FakeClock(), slots: 1 });
    const first = await slots.take(undefined);
    const order: string[] = [];
    const second = slots.take(undefined).then((slot) => {
      order.push('second');
      return slot;
    });
    const third = slots.take(undefined).then((slot) => {
      order.push('third');
      return slot;
    });
    await settle();
    expect(order).toEqual([]);
    first?.release(0);
    expect((await second)?.waitOf(55_000)).toBe(5_000);
    (await second)?.release(0);
    expect((await third)?.waitOf(55_000)).toBe(55_000);
    expect(order).toEqual(['second', 'third']);
  });

  it('never give out more than there are, however they are released', async () => {
    const clock = new FakeClock();
    const slots = new PollSlots({ clock, slots: 3 });
    let held = 0;
    let most = 0;
    let done = 0;
    for (let n = 0; n < 100; n++) {
      void slots.take(undefined).then(async (slot) => {
        if (slot === undefined) return;
        most = Math.max(most, ++held);
        await clock.sleep(slot.waitOf(1_000) / 4);
        held -= 1;
        slot.release(0);
        slot.release(0);
        done += 1;
      });
    }
    await clock.advance(60_000);
    expect(most).toBe(3);
    expect(done).toBeGreaterThan(50);
  });

  it('keep a slot as long as the agent counts the connection of an aborted poll', async () => {
    const clock = new FakeClock();
    const slots = new PollSlots({ clock, slots: 1 });
    (await slots.take(undefined))?.release(1_000);
    const next = slots.take(undefined);
    await clock.advance(999);
    expect(clock.pending).toBe(2);
    await clock.advance(1);
    expect(await next).toBeDefined();
  });

  it('give up on a slot that does not come free, and leave no timer behind', async () => {
    const clock = new FakeClock();
    const slots = new PollSlots({ clock, slots: 1 });
    await slots.take(undefined);
    const late = slots.take(undefined);
    await clock.advance(15_000);
    expect(await late).toBe(undefined);
    const abort = new AbortController();
    const aborted = slots.take(abort.signal);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});

describe('more watches than connections', () => {
  it('all get their turn: the blocking ones in short waits, within the connections', async () => {
    let polling = 0;
    let most = 0;
    const { client, transport, clock } = scriptedClient(() => indexed(1, []), { pollConnections: 4 });
    const send = transport.send.bind(transport);
    transport.send = async (request) => {
      if (request.lane !== 'poll') return send(request);
      most = Math.max(most, ++polling);
      const waitMs = Number.parseInt(new URLSearchParams(request.query).get('wait') ?? '0', 10);
      await clock.sleep(waitMs, request.signal).finally(() => {
        polling -= 1;
      });
      return send(request);
    };
    const abort = new AbortController();
    const watches = Array.from({ length: 40 }, async (_, n) => {
      for await (const _answer of client.health.watchService(`s${n}`, { signal: abort.signal }));
    });
    await clock.advance(60_000);
    const before = new Map<string, number>();
    for (const { path } of transport.requests) before.set(path, (before.get(path) ?? 0) + 1);
    await clock.advance(30_000);
    const after = new Map<string, number>();
    for (const { path } of transport.requests) after.set(path, (after.get(path) ?? 0) + 1);
    expect(most).toBe(4);
    expect([...after].filter(([path, count]) => count > (before.get(path) ?? 0))).toHaveLength(40);
    abort.abort();
    await Promise.all(watches);
    expect(polling).toBe(0);
  });
});

/** Takes a token when it can be had. */
function take(bucket: TokenBucket, onTurn: () => void = () => {}): TurnTaker {
  const taker = { onTurn };
  if (bucket.ask(taker)) onTurn();
  return taker;
}

describe('a token bucket', () => {
  it('lets its burst through and then one per interval, in order', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, burst: 2, everyMs: 100 });
    const passed: number[] = [];
    for (let n = 0; n < 5; n++) take(bucket, () => passed.push(n));
    expect(passed).toEqual([0, 1]);
    await clock.advance(100);
    expect(passed).toEqual([0, 1, 2]);
    await clock.advance(200);
    expect(passed).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives nothing to who has left, nor to who was never there', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, burst: 1, everyMs: 100 });
    take(bucket);
    const passed: string[] = [];
    const left = take(bucket, () => passed.push('left'));
    take(bucket, () => passed.push('stayed'));
    bucket.leave(left);
    bucket.leave({ onTurn: () => passed.push('never there') });
    await clock.advance(100);
    expect(passed).toEqual(['stayed']);
  });

  it('lets those who left run up no debt', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, burst: 1, everyMs: 100 });
    take(bucket);
    for (let caller = 0; caller < 1000; caller++) bucket.leave(take(bucket));
    expect(clock.pending).toBe(0);
    let passed = false;
    take(bucket, () => {
      passed = true;
    });
    await clock.advance(99);
    expect(passed).toBe(false);
    await clock.advance(1);
    expect(passed).toBe(true);
  });
});

describe('a query budget', () => {
  it('lets twice as many first queries through as polls, beside them', async () => {
    const clock = new FakeClock();
    const budget = new QueryBudget({ clock, pollsPerSecond: 50, burst: 10 });
    let [polls, firsts] = [0, 0];
    const countPoll = () => (polls += 1);
    const countFirst = () => (firsts += 1);
    for (let n = 0; n < 1000; n++) {
      if (budget.ask({ onTurn: countPoll }, false)) countPoll();
      if (budget.ask({ onTurn: countFirst }, true)) countFirst();
    }
    await settle();
    expect([polls, firsts]).toEqual([10, 20]);
    await clock.advance(2000);
    expect([polls, firsts]).toEqual([110, 220]);
    await clock.advance(20_000);
    expect(clock.pending).toBe(0);
  });

  it('lets a watch that has its view go on beside a thousand new ones', async () => {
    const clock = new FakeClock();
    const budget = new QueryBudget({ clock, pollsPerSecond: 50, burst: 10 });
    let index = 10;
    const { client, transport } = scriptedClient(() => indexed(index++, []), { clock, budget });
    const abort = new AbortController();
    const watch = async (service: string) => {
      for await (const _answer of client.health.watchService(service, { signal: abort.signal }));
    };
    const watches = [watch('in-use')];
    await clock.advance(1000);
    // As names that do not exist are: the first answer ends the watch.
    const invented = async (service: string) => {
      for await (const _answer of client.health.watchService(service, { signal: abort.signal })) return;
    };
    for (let n = 0; n < 1000; n++) watches.push(invented(`invented-${n}`));
    const pollsBefore = transport.requests.filter(({ path }) => path.endsWith('/in-use')).length;
    await clock.advance(1000);
    const polls = transport.requests.filter(({ path }) => path.endsWith('/in-use')).length - pollsBefore;
    expect(polls).toBeGreaterThanOrEqual(10);
    abort.abort();
    await Promise.all(watches);
    expect(clock.pending).toBe(0);
  });
});
