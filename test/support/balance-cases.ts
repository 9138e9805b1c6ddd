import { describe, expect, it } from 'vitest';
import type { Balancer, Candidate } from '../../src/balance/balancer.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';

/** A candidate whose load and latency a test may change. */
export interface TestCandidate extends Candidate {
  inFlight: number;
  latencyMs: number;
}

/** An idle candidate. */
export function candidate(id: string, weight = 1): TestCandidate {
  return { id, weight, inFlight: 0, latencyMs: 0 };
}

/** Idle candidates `c0`, `c1` … of these weights. */
export function candidates(...weights: readonly number[]): TestCandidate[] {
  return weights.map((weight, index) => candidate(`c${index}`, weight));
}

/** How often each was picked, by id, in so many picks with random hashes; nothing stays in flight. */
export function countPicks(
  balancer: Balancer,
  list: readonly TestCandidate[],
  picks: number,
  random: Random = seededRandom(11),
): Map<string, number> {
  const counts = new Map(list.map(({ id }) => [id, 0]));
  for (let pick = 0; pick < picks; pick++) {
    const { id } = balancer.pick(list, randomHash(random)) as TestCandidate;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** A hash as a caller would give it. */
export function randomHash(random: Random): number {
  return Math.floor(random() * 2 ** 32);
}

/** What each policy must do, whatever else it does. A new policy runs these and adds its own. */
export function balancerCases(name: string, make: (random: Random) => Balancer): void {
  describe(`${name}, as every policy`, () => {
    const seeds = [1, 2, 3, 4, 5];

    it('picks nobody from an empty list, before and after there was somebody', () => {
      const balancer = make(seededRandom(1));
      expect(balancer.pick([])).toBeUndefined();
      expect(balancer.peek([])).toBeUndefined();
      expect(balancer.pick(candidates(1, 1))).toBeDefined();
      expect(balancer.pick([])).toBeUndefined();
      expect(balancer.peek([], 5)).toBeUndefined();
    });

    it('picks the only one, however busy it is', () => {
      const balancer = make(seededRandom(1));
      const [only] = candidates(3) as [TestCandidate];
      only.inFlight = 10_000;
      const list = [only];
      for (let pick = 0; pick < 10; pick++) expect(balancer.pick(list, pick)).toBe(only);
      expect(balancer.peek(list)).toBe(only);
    });

    it.each([2, 3, 7, 100, 300, 1000])('reaches each of %d', (size) => {
      const list = candidates(...Array<number>(size).fill(1));
      const counts = countPicks(make(seededRandom(size)), list, size * 40);
      expect([...counts.values()].every((count) => count > 0)).toBe(true);
    });

    it.each(seeds)('spreads an idle list evenly, within 15 %% of even (seed %d)', (seed) => {
      const list = candidates(...Array<number>(10).fill(1));
      const counts = countPicks(make(seededRandom(seed)), list, 20_000, seededRandom(seed + 100));
      const tolerance = name === 'ring-hash' ? 0.35 : 0.15;
      for (const count of counts.values()) expect(Math.abs(count / 2000 - 1)).toBeLessThan(tolerance);
    });

    it.each(seeds)('spreads an idle list by weight, within 20 %% of its share (seed %d)', (seed) => {
      const weights = [1, 1, 2, 3, 5, 8];
      const list = candidates(...weights);
      const counts = countPicks(make(seededRandom(seed)), list, 40_000, seededRandom(seed + 100));
      const tolerance = name === 'ring-hash' ? 0.4 : 0.2;
      for (const { id, weight } of list) {
        expect(Math.abs((counts.get(id) ?? 0) / ((40_000 * weight) / 20) - 1), id).toBeLessThan(tolerance);
      }
    });

    it('survives any list that follows: shorter, longer, other ids, other weights', () => {
      const balancer = make(seededRandom(9));
      const random = seededRandom(10);
      for (let change = 0; change < 300; change++) {
        const size = Math.floor(random() * 12);
        const list = Array.from({ length: size }, () =>
          candidate(`c${Math.floor(random() * 20)}`, 1 + Math.floor(random() * 3)),
        );
        for (let pick = 0; pick < 5; pick++) {
          const picked = balancer.pick(list, randomHash(random));
          if (size === 0) expect(picked).toBeUndefined();
          else expect(list).toContain(picked);
        }
      }
    });

    it.each(seeds)('sends no burst to anyone when the list changes before each pick (seed %d)', (seed) => {
      const balancer = make(seededRandom(seed));
      const random = seededRandom(seed + 50);
      const everyone = candidates(...Array<number>(10).fill(1));
      const counts = new Map(everyone.map(({ id }) => [id, 0]));
      for (let pick = 0; pick < 4500; pick++) {
        // One of the ten is missing, another one each time.
        const list = everyone.filter((_, index) => index !== pick % 10);
        const { id } = balancer.pick(list, randomHash(random)) as TestCandidate;
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      const tolerance = name === 'ring-hash' ? 0.4 : 0.25;
      for (const count of counts.values()) expect(Math.abs(count / 450 - 1)).toBeLessThan(tolerance);
    });

    it('peeks at what it then picks, or says nothing', () => {
      const balancer = make(seededRandom(3));
      const random = seededRandom(4);
      const list = candidates(1, 2, 1, 3);
      for (let pick = 0; pick < 200; pick++) {
        for (const one of list) one.inFlight = Math.floor(random() * 3);
        const hash = randomHash(random);
        const peeked = balancer.peek(list, hash);
        const again = balancer.peek(list, hash);
        expect(again).toBe(peeked);
        const picked = balancer.pick(list, hash);
        if (peeked !== undefined) expect(picked).toBe(peeked);
      }
    });

    it('does not all begin with the same one over a fleet', () => {
      const list = candidates(...Array<number>(8).fill(1));
      const random = seededRandom(77);
      const first = new Set(
        Array.from({ length: 60 }, (_, fleet) => make(seededRandom(fleet)).pick(list, randomHash(random))?.id),
      );
      expect(first.size).toBeGreaterThanOrEqual(6);
    });
  });
}
