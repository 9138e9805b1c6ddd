import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policies } from '../../../src/balance/by-name.ts';
import { RoundRobin } from '../../../src/balance/round-robin.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import type { TestCandidate } from '../../support/balance-cases.ts';

const aCandidate = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map((id) => `c${id}`),
  weight: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.double({ min: 0.1, max: 65_535, noNaN: true })),
  inFlight: fc.nat({ max: 2000 }),
  latencyMs: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1e6, noNaN: true })),
});

const aList = fc.uniqueArray(aCandidate, { selector: ({ id }) => id, maxLength: 20 });

describe.each(Object.entries(policies))('%s', (_name, make) => {
  it('picks only from the list that it is given, however lists follow each other', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(aList, fc.array(fc.nat(), { maxLength: 10 })), { maxLength: 8 }), (turns) => {
        const balancer = make(seededRandom(1));
        for (const [list, hashes] of turns as [TestCandidate[], number[]][]) {
          for (const hash of [undefined, ...hashes]) {
            const picked = balancer.pick(list, hash);
            if (list.length === 0) expect(picked).toBeUndefined();
            else expect(list.includes(picked as TestCandidate)).toBe(true);
            if (picked !== undefined) picked.inFlight += 1;
          }
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('round-robin', () => {
  it('never strays from the exact share by more than two turns, for any weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (weights, seed) => {
          const list = weights.map((weight, index) => ({ id: `c${index}`, weight, inFlight: 0, latencyMs: 0 }));
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const balancer = new RoundRobin(seededRandom(seed));
          const counts = new Map(list.map(({ id }) => [id, 0]));
          for (let pick = 1; pick <= total * 2; pick++) {
            const { id } = balancer.pick(list) as TestCandidate;
            counts.set(id, (counts.get(id) ?? 0) + 1);
            for (const { id: each, weight } of list) {
              expect(Math.abs((counts.get(each) ?? 0) - (pick * weight) / total)).toBeLessThanOrEqual(2);
            }
          }
        },
      ),
      { numRuns: 60, seed: 8 },
    );
  });
});

describe('ring-hash', () => {
  it('moves only the hashes of the one that leaves, for any ids', () => {
    const ids = fc.uniqueArray(fc.string({ maxLength: 12 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(ids, fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), (names, hashes) => {
        const [gone, ...others] = names.map((id) => ({ id, weight: 1, inFlight: 0, latencyMs: 0 }));
        const all = [gone as TestCandidate, ...others];
        const balancer = policies['ring-hash'](seededRandom(1));
        for (const hash of hashes) {
          const before = balancer.pick(all, hash);
          if (before !== gone) expect(balancer.pick(others, hash)).toBe(before);
        }
      }),
      { numRuns: 60, seed: 9 },
    );
  });
});
