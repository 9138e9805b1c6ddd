import { describe, expect, it } from 'vitest';
import { RoundRobin } from '../../../src/balance/round-robin.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { candidate, candidates, countPicks } from '../../support/balance-cases.ts';

describe('round-robin', () => {
  it.each([1, 2, 3])('gives each exactly one turn per round (seed %d)', (seed) => {
    const list = candidates(1, 1, 1, 1, 1);
    const balancer = new RoundRobin(seededRandom(seed));
    const order = Array.from({ length: 20 }, () => balancer.pick(list)?.id);
    expect(new Set(order.slice(0, 5)).size).toBe(5);
    expect(order.slice(5, 10)).toEqual(order.slice(0, 5));
    expect(order.slice(15)).toEqual(order.slice(0, 5));
  });

  it.each([1, 2, 3, 4])('gives exact shares by weight, evenly spread over time (seed %d)', (seed) => {
    const list = candidates(5, 1, 1);
    const balancer = new RoundRobin(seededRandom(seed));
    const order = Array.from({ length: 700 }, () => balancer.pick(list)?.id);
    for (let from = 0; from + 7 <= order.length; from++) {
      const heavy = order.slice(from, from + 7).filter((id) => id === 'c0').length;
      expect(heavy).toBeGreaterThanOrEqual(4);
      expect(heavy).toBeLessThanOrEqual(6);
    }
    expect(order.filter((id) => id === 'c0')).toHaveLength(500);
  });

  it('is exact over 100,000 picks with a thousand different weights', () => {
    const weights = Array.from({ length: 1000 }, (_, index) => 1 + ((index * 7919) % 1000));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = countPicks(new RoundRobin(seededRandom(2)), candidates(...weights), 100_000);
    for (const [index, weight] of weights.entries()) {
      const expected = (100_000 * weight) / total;
      expect(Math.abs((counts.get(`c${index}`) ?? 0) - expected)).toBeLessThan(1.5);
    }
  });

  it('goes on where it was when one is added or leaves', () => {
    const list = candidates(1, 1, 1, 1);
    const balancer = new RoundRobin(seededRandom(5));
    const round = Array.from({ length: 4 }, () => balancer.pick(list)?.id);
    balancer.pick(list);
    const more = [...list, candidate('new')];
    const next = Array.from({ length: 5 }, () => balancer.pick(more)?.id);
    expect(next.filter((id) => id !== 'new')).toEqual([round[1], round[2], round[3], round[0]]);
    const [, , gone] = round;
    const fewer = list.filter(({ id }) => id !== gone);
    const rest = Array.from({ length: 3 }, () => balancer.pick(fewer)?.id);
    expect(rest).toEqual([round[1], round[3], round[0]]);
  });

  it('goes on where it was when the list comes in another order', () => {
    const list = candidates(1, 1, 1, 1, 1);
    const balancer = new RoundRobin(seededRandom(5));
    const round = Array.from({ length: 5 }, () => balancer.pick(list)?.id);
    balancer.pick(list);
    const reversed = [...list].reverse();
    expect(Array.from({ length: 4 }, () => balancer.pick(reversed)?.id)).toEqual(round.slice(1));
  });

  it('keeps to shares by weight while the list is replaced all the time', () => {
    const balancer = new RoundRobin(seededRandom(6));
    const picked = Array.from({ length: 1000 }, () => balancer.pick(candidates(1, 9))?.id);
    expect(Math.abs(picked.filter((id) => id === 'c0').length - 100)).toBeLessThanOrEqual(1);
  });

  it('keeps to even shares while the list is replaced by an equal one all the time', () => {
    const balancer = new RoundRobin(seededRandom(6));
    const counts = new Map<string, number>();
    for (let pick = 0; pick < 400; pick++) {
      const id = balancer.pick(candidates(1, 1, 1, 1))?.id ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([100, 100, 100, 100]);
  });
});
