import { describe, expect, it } from 'vitest';
import { LeastConnections } from '../../../src/balance/least-connections.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { candidates, countPicks, type TestCandidate } from '../../support/balance-cases.ts';

describe('least-connections', () => {
  it.each([2, 50, 256])('picks the least loaded of %d, wherever it is', (size) => {
    const list = candidates(...Array<number>(size).fill(1));
    const balancer = new LeastConnections(seededRandom(1));
    for (const one of list) one.inFlight = 7;
    for (const one of list) {
      one.inFlight = 6;
      expect(balancer.pick(list)).toBe(one);
      one.inFlight = 7;
    }
  });

  it('lets equals take turns, while the busy ones wait', () => {
    const list = candidates(1, 1, 1, 1, 1);
    for (const one of list.slice(2)) one.inFlight = 1;
    const counts = countPicks(new LeastConnections(seededRandom(1)), list, 1000);
    expect([...counts.values()]).toEqual([500, 500, 0, 0, 0]);
  });

  it('lets equals of different weight take turns by weight', () => {
    const list = candidates(1, 3, 4);
    for (const one of list) one.inFlight = one.weight * 2;
    const counts = countPicks(new LeastConnections(seededRandom(1)), list, 800);
    for (const { id, weight } of list) expect(Math.abs((counts.get(id) ?? 0) - weight * 100)).toBeLessThanOrEqual(1);
  });

  it('gives no burst of turns to one that was busy for long', () => {
    const list = candidates(1, 1, 1) as [TestCandidate, TestCandidate, TestCandidate];
    const balancer = new LeastConnections(seededRandom(1));
    list[0].inFlight = 1;
    countPicks(balancer, list, 10_000);
    list[0].inFlight = 0;
    const counts = countPicks(balancer, list, 9);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(4);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(2);
  });

  it('goes on fairly for millions of turns', () => {
    const list = candidates(1, 1, 2);
    const balancer = new LeastConnections(seededRandom(1));
    countPicks(balancer, list, 400_000);
    const counts = countPicks(balancer, list, 4000);
    expect([...counts.values()].map((count) => Math.round(count / 100))).toEqual([10, 10, 20]);
  });

  it.each([10, 256, 2000])('holds all of %d to nearly the same load per weight', (size) => {
    const list = candidates(...Array.from({ length: size }, (_, index) => 1 + (index % 3)));
    const balancer = new LeastConnections(seededRandom(3));
    for (let pick = 0; pick < size * 20; pick++) (balancer.pick(list) as TestCandidate).inFlight += 1;
    const loads = list.map(({ inFlight, weight }) => inFlight / weight);
    expect(Math.max(...loads)).toBeLessThanOrEqual(size > 256 ? 14 : 11);
    expect(Math.min(...loads)).toBeGreaterThanOrEqual(size > 256 ? 4 : 9);
  });
});
