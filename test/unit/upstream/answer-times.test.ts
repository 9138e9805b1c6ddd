import { describe, expect, it } from 'vitest';
import { AnswerTimes, addedCounts, answerQuantileMs } from '../../../src/upstream/answer-times.ts';
import { describe as described } from '../../../src/upstream/describe.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { endpoints, upstream } from '../../support/upstream-parts.ts';

const quantiles = (times: AnswerTimes, nowMs: number) => [0.5, 0.99].map((q) => answerQuantileMs(times.read(nowMs), q));

describe('the answer times of an endpoint', () => {
  it.each([0.07, 0.4, 3, 47, 900, 12_000])('tell a quantile near %f ms to about a tenth', (aroundMs) => {
    const times = new AnswerTimes(0);
    for (let nth = 1; nth <= 1000; nth++) times.note((aroundMs * nth) / 500, 0);
    const [p50 = 0, p99 = 0] = quantiles(times, 0);
    expect(Math.abs(p50 - aroundMs)).toBeLessThan(Math.max(aroundMs * 0.11, 1 / 16));
    expect(Math.abs(p99 - aroundMs * 1.98)).toBeLessThan(Math.max(aroundMs * 0.22, 1 / 16));
  });

  it('are unknown before the first answer', () => {
    expect(quantiles(new AnswerTimes(0), 0)).toEqual([undefined, undefined]);
  });

  it('take what lies beyond the scale, and what is no time, as its edge', () => {
    const times = new AnswerTimes(0);
    times.note(1e9, 0);
    expect(quantiles(times, 0)[0]).toBeGreaterThan(28_000);
    times.note(-1, 0);
    expect(times.read(0).reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  it('are forgotten after 30 to 60 seconds', () => {
    const times = new AnswerTimes(0);
    times.note(500, 0);
    times.note(10, 31_000);
    expect(quantiles(times, 31_000)[1]).toBeGreaterThan(400);
    times.note(10, 61_000);
    expect(quantiles(times, 61_000)[1]).toBeLessThan(13);
    expect(times.read(200_000)).toEqual([]);
  });

  it('of several processes are added bucket by bucket', () => {
    expect(addedCounts([1, 2], [0, 1, 5])).toEqual([1, 3, 5]);
    expect(addedCounts([0, 1, 5], [])).toEqual([0, 1, 5]);
  });

  it('are told of each endpoint apart, answers with a failure status included', async () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('quick', 'slow') });
    for (let nth = 0; nth < 200; nth++) {
      const lease = orders.acquire();
      await clock.advance(lease?.endpoint.id === 'slow' ? 80 : 2);
      lease?.settle({ kind: 'responded', status: nth % 4 < 2 ? 200 : 404 });
    }
    orders.acquire()?.settle({ kind: 'cancelled' });
    const [quick, slow] = described(orders).members.toSorted((one, other) =>
      one.endpoint.id.localeCompare(other.endpoint.id),
    );
    expect(quick?.p50Ms).toBeGreaterThan(1.7);
    expect(quick?.p99Ms).toBeLessThan(2.6);
    expect(slow?.p50Ms).toBeGreaterThan(70);
    expect(slow?.p99Ms).toBeLessThan(97);
  });
});
