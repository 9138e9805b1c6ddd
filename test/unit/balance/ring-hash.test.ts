import { describe, expect, it } from 'vitest';
import { HashRing } from '../../../src/balance/hash-ring.ts';
import { RingHash } from '../../../src/balance/ring-hash.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { candidate, candidates, randomHash, type TestCandidate } from '../../support/balance-cases.ts';

const hashes = Array.from({ length: 20_000 }, (_, index) => Math.imul(index, 0x9e3779b1) >>> 0);

function owners(balancer: RingHash, list: readonly TestCandidate[]): string[] {
  return hashes.map((hash) => balancer.pick(list, hash)?.id ?? '');
}

describe('the hash ring', () => {
  /** MurmurHash3's finalizer, with which the ring spreads hashes. */
  function place(hash: number): number {
    let mixed = hash;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  }

  it('goes round: before the first point and after the last, the first is next', () => {
    const ring = new HashRing(candidates(1, 1));
    const byPlace = Array.from({ length: 100_000 }, (_, hash) => hash).sort((a, b) => place(a) - place(b));
    expect(ring.size).toBe(320);
    expect(ring.find(byPlace[0] as number)).toBe(0);
    expect(ring.find(byPlace.at(-1) as number)).toBe(0);
    const found = byPlace.map((hash) => ring.find(hash));
    const last = found.lastIndexOf(319);
    expect(found.slice(0, last + 1)).toEqual(found.slice(0, last + 1).sort((a, b) => a - b));
    expect(new Set(found).size).toBeGreaterThan(310);
  });
});

describe('ring-hash', () => {
  it('sends the same hash to the same one, in every process and whatever the order of the list', () => {
    const list = candidates(1, 1, 1, 1, 1);
    const here = owners(new RingHash(seededRandom(1)), list);
    expect(owners(new RingHash(seededRandom(2)), [...list].reverse())).toEqual(here);
  });

  it.each([3, 10, 100])('moves only the share of the one that leaves or comes (of %d)', (size) => {
    const list = candidates(...Array<number>(size).fill(1));
    const balancer = new RingHash(seededRandom(1));
    const before = owners(balancer, list);
    const without = owners(balancer, list.slice(1));
    const moved = before.filter((id, index) => without[index] !== id);
    expect(moved.every((id) => id === 'c0')).toBe(true);
    const withNew = owners(balancer, [...list, candidate('new')]);
    expect(before.every((id, index) => withNew[index] === id || withNew[index] === 'new')).toBe(true);
    expect(withNew.filter((id) => id === 'new').length / hashes.length).toBeLessThan(1.5 / size);
  });

  it('moves little when a weight changes a little', () => {
    const balancer = new RingHash(seededRandom(1));
    const before = owners(balancer, candidates(10, 10, 10, 10));
    const after = owners(balancer, candidates(10, 10, 10, 11));
    expect(before.filter((id, index) => after[index] !== id).length / hashes.length).toBeLessThan(0.04);
  });

  it('lets nobody take more than 1.25 times the average, even of one single hash', () => {
    const list = candidates(1, 1, 1, 1);
    const balancer = new RingHash(seededRandom(1));
    for (let pick = 0; pick < 1000; pick++) (balancer.pick(list, 42) as TestCandidate).inFlight += 1;
    expect(Math.max(...list.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(313);
  });

  it('keeps the bound by weight, and with a total that is a little old', () => {
    const list = candidates(...Array.from({ length: 200 }, (_, index) => 1 + (index % 4)));
    const balancer = new RingHash(seededRandom(1));
    const random = seededRandom(2);
    for (let pick = 0; pick < 20_000; pick++) {
      (balancer.pick(list, randomHash(random) % 50) as TestCandidate).inFlight += 1;
    }
    for (const { inFlight, weight } of list)
      expect(inFlight).toBeLessThanOrEqual(Math.ceil((1.25 * 20_000 * weight) / 500));
  });

  it('comes back to the owner once that is no longer overloaded', () => {
    const list = candidates(1, 1, 1);
    const balancer = new RingHash(seededRandom(1));
    const owner = balancer.pick(list, 7) as TestCandidate;
    owner.inFlight = 100;
    const other = balancer.pick(list, 7) as TestCandidate;
    expect(other).not.toBe(owner);
    expect(balancer.pick(list, 7)).toBe(other);
    owner.inFlight = 0;
    expect(balancer.pick(list, 7)).toBe(owner);
  });

  it('stays with the owner while that is no busier than the others', () => {
    const list = candidates(1, 1, 1, 1);
    const balancer = new RingHash(seededRandom(1));
    const owner = balancer.pick(list, 7) as TestCandidate;
    for (const one of list) one.inFlight = 30;
    owner.inFlight = 35;
    expect(balancer.pick(list, 7)).toBe(owner);
  });

  it('takes a random place without a hash', () => {
    const list = candidates(1, 1, 1);
    const balancer = new RingHash(seededRandom(1));
    const picked = new Set(Array.from({ length: 100 }, () => balancer.pick(list)?.id));
    expect(picked.size).toBe(3);
  });
});
