import { describe, expect, it } from 'vitest';
import { ConsulReturn } from '../../../src/discovery/consul-return.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

function arrange(isThere: () => Promise<boolean>) {
  const clock = new FakeClock();
  let looks = 0;
  const back = new ConsulReturn({
    clock,
    isThere: () => {
      looks += 1;
      return isThere();
    },
  });
  return { clock, back, looks: () => looks };
}

describe('Consul’s return', () => {
  it('is noticed within half a second, by one call for all who wait', async () => {
    let isUp = false;
    const { clock, back, looks } = arrange(async () => isUp);
    const all = Array.from({ length: 1000 }, () => back.seen(new AbortController().signal));
    await clock.advance(60_000);
    expect(looks()).toBe(120);
    isUp = true;
    await clock.advance(500);
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
    await clock.advance(60_000);
    expect(looks()).toBe(121);
  });

  it('is none when it was never gone', async () => {
    const { clock, back } = arrange(async () => true);
    const seen = back.seen(new AbortController().signal);
    await clock.advance(500);
    expect(await seen).toBe(false);
  });

  it('is looked for although the call fails', async () => {
    let isUp = false;
    const { clock, back } = arrange(async () => {
      if (!isUp) throw new Error('refused');
      return true;
    });
    const seen = back.seen(new AbortController().signal);
    await clock.advance(1000);
    isUp = true;
    await clock.advance(500);
    expect(await seen).toBe(true);
  });

  it('is looked for no longer when nobody waits', async () => {
    const { clock, back, looks } = arrange(async () => false);
    const leave = new AbortController();
    const seen = [back.seen(leave.signal), back.seen(leave.signal)];
    await clock.advance(1000);
    leave.abort();
    expect(await Promise.all(seen)).toEqual([false, false]);
    await settle();
    expect(clock.pending).toBe(0);
    const before = looks();
    await clock.advance(10_000);
    expect(looks()).toBe(before);
  });
});
