import { expect, test } from 'vitest';
import { Deadlines, SWEEP_MS } from '../../../src/http1/deadlines.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function watched(clock: FakeClock, deadlines: Deadlines, inMs: number) {
  const member = { deadlineMs: clock.nowMs() + inMs, expiredAt: [] as number[], expire: (_nowMs: number) => {} };
  member.expire = (nowMs) => {
    member.expiredAt.push(nowMs);
    member.deadlineMs = Number.POSITIVE_INFINITY;
  };
  deadlines.add(member);
  return member;
}

test('a deadline expires once it has passed, at most one sweep late', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  const member = watched(clock, deadlines, 120);
  await clock.advance(119);
  expect(member.expiredAt).toEqual([]);
  await clock.advance(1 + SWEEP_MS);
  expect(member.expiredAt).toHaveLength(1);
  expect(member.expiredAt[0]).toBeLessThanOrEqual(120 + SWEEP_MS);
  await clock.advance(1000);
  expect(member.expiredAt).toHaveLength(1);
});

test('one that is taken out or moved on does not expire', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  const gone = watched(clock, deadlines, 100);
  const moved = watched(clock, deadlines, 100);
  deadlines.delete(gone);
  moved.deadlineMs = 5000;
  await clock.advance(1000);
  expect([gone.expiredAt, moved.expiredAt]).toEqual([[], []]);
});

test('nothing is swept while there is nothing to watch', async () => {
  const clock = new FakeClock(0);
  const deadlines = new Deadlines(clock);
  expect(clock.pending).toBe(0);
  const member = watched(clock, deadlines, 100);
  expect(clock.pending).toBe(1);
  deadlines.delete(member);
  await clock.advance(SWEEP_MS);
  expect(clock.pending).toBe(0);
  watched(clock, deadlines, 100);
  expect(deadlines.coarseNowMs).toBe(clock.nowMs());
});
