import { describe, expect, it } from 'vitest';
import { TwoChoices } from '../../../src/balance/p2c.ts';
import { PeakEwma } from '../../../src/balance/peak-ewma.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { candidates, countPicks, type TestCandidate } from '../../support/balance-cases.ts';

describe('p2c', () => {
  it('never picks the busiest of a list, since it never compares one with itself', () => {
    const list = candidates(1, 1, 1, 1);
    for (const [index, one] of list.entries()) one.inFlight = index;
    const counts = countPicks(new TwoChoices(seededRandom(1)), list, 4000);
    expect(counts.get('c3')).toBe(0);
    expect(counts.get('c0')).toBeGreaterThan(counts.get('c1') ?? 0);
    expect(counts.get('c1')).toBeGreaterThan(counts.get('c2') ?? 0);
  });

  it('holds the busiest of a thousand near the average', () => {
    const list = candidates(...Array<number>(1000).fill(1));
    const balancer = new TwoChoices(seededRandom(2));
    for (let pick = 0; pick < 10_000; pick++) (balancer.pick(list) as TestCandidate).inFlight += 1;
    expect(Math.max(...list.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(14);
  });
});

describe('peak-ewma', () => {
  it('prefers the quicker one', () => {
    const list = candidates(1, 1) as [TestCandidate, TestCandidate];
    list[0].latencyMs = 100;
    list[1].latencyMs = 10;
    expect(countPicks(new PeakEwma(seededRandom(1)), list, 100).get('c1')).toBe(100);
  });

  it('prefers a slow idle one to a quick one with a long queue', () => {
    const list = candidates(1, 1) as [TestCandidate, TestCandidate];
    list[0].latencyMs = 100;
    list[1].latencyMs = 10;
    list[1].inFlight = 20;
    expect(countPicks(new PeakEwma(seededRandom(1)), list, 100).get('c0')).toBe(100);
  });

  it('tries one whose latency is unknown, and leaves it alone until its first answer', () => {
    const list = candidates(1, 1) as [TestCandidate, TestCandidate];
    list[0].latencyMs = 1;
    const balancer = new PeakEwma(seededRandom(1));
    expect(balancer.pick(list)).toBe(list[1]);
    list[1].inFlight = 1;
    expect(countPicks(balancer, list, 100).get('c0')).toBe(100);
  });
});
