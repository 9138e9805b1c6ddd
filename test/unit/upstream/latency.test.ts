import { describe, expect, it } from 'vitest';
import { MemberHistory } from '../../../src/upstream/member-history.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { endpoints, upstream, upstreamFault } from '../../support/upstream-parts.ts';

describe('the latency of an endpoint', () => {
  it('jumps up at once and comes down slowly', () => {
    const history = new MemberHistory();
    history.noteLatency(10, 0);
    expect(history.latencyMs).toBe(10);
    history.noteLatency(200, 1000);
    expect(history.latencyMs).toBe(200);
    history.noteLatency(10, 2000);
    expect(history.latencyMs).toBeGreaterThan(170);
    for (let nowMs = 3000; nowMs < 60_000; nowMs += 1000) history.noteLatency(10, nowMs);
    expect(history.latencyMs).toBeLessThan(12);
  });

  it('fades while there are no answers, until it is unknown again', () => {
    const history = new MemberHistory();
    history.fadeLatency(0);
    expect(history.latencyMs).toBe(0);
    history.noteLatency(100, 0);
    history.fadeLatency(10_000);
    expect(history.latencyMs).toBeCloseTo(100 / Math.E);
    history.fadeLatency(20_000);
    expect(history.latencyMs).toBeCloseTo(100 / Math.E ** 2);
    history.fadeLatency(200_000);
    expect(history.latencyMs).toBe(0);
  });

  it('lets peak-ewma try a slow endpoint again after a while', async () => {
    const clock = new FakeClock();
    const orders = upstream({ policy: 'peak-ewma' }, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'slow') });
    const serve = async (count: number) => {
      const seen: (string | undefined)[] = [];
      for (let nth = 0; nth < count; nth++) {
        const lease = orders.acquire();
        seen.push(lease?.endpoint.id);
        await clock.advance(lease?.endpoint.id === 'slow' ? 500 : 5);
        lease?.settle({ kind: 'responded', status: 200 });
      }
      return seen.filter((id) => id === 'slow').length;
    };
    expect(await serve(50)).toBe(1);
    await clock.advance(60_000);
    expect(await serve(50)).toBeGreaterThanOrEqual(1);
    orders.close();
    expect(clock.pending).toBe(0);
  });

  it('does not make an endpoint look quick for failing quickly, and makes one that goes on failing look slow', async () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const answer = async (afterMs: number, status: number) => {
      const lease = orders.acquire();
      await clock.advance(afterMs);
      lease?.settle({ kind: 'responded', status });
    };
    await answer(50, 200);
    const latencyMs = () => [...orders.choice.view.members()][0]?.latencyMs;
    await answer(1, 503);
    expect(latencyMs()).toBe(50);
    orders.acquire()?.settle({ kind: 'failed', cause: upstreamFault });
    expect(latencyMs()).toBe(100);
    await answer(1, 500);
    expect(latencyMs()).toBe(200);
    orders.acquire()?.settle({ kind: 'cancelled' });
    expect(latencyMs()).toBe(200);
  });

  it('is the time to the head of the answer, where that is told', async () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const lease = orders.acquire();
    await clock.advance(7);
    lease?.answered();
    lease?.answered();
    await clock.advance(60_000);
    lease?.settle({ kind: 'responded', status: 200 });
    lease?.answered();
    expect([...orders.choice.view.members()][0]?.latencyMs).toBe(7);
  });
});
