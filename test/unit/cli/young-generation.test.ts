import { expect, test } from 'vitest';
import { YoungGeneration } from '../../../src/cli/young-generation.ts';

const MIB = 2 ** 20;

/** A young generation that is doubled at a collection if it may be, as V8 does it. */
function grown(startMib: number, collectionsMs: readonly number[]): { readonly mib: number; readonly told: number } {
  let capacityBytes = startMib * MIB;
  let growth = 2;
  let told = 0;
  const generation = new YoungGeneration({
    capacityBytes: () => capacityBytes,
    setGrowth: (factor) => {
      growth = factor;
      told += 1;
    },
  });
  for (const atMs of collectionsMs) {
    capacityBytes *= growth;
    generation.onCollection(atMs);
  }
  return { mib: capacityBytes / MIB, told };
}

const every = (ms: number): number[] => Array.from({ length: 20 }, (_, index) => index * ms);

test('it does not grow by collections that come seldom, however many they are', () => {
  expect(grown(1, every(60))).toEqual({ mib: 1, told: 1 });
});

test('it grows to 4 MiB while collections come often, and no further', () => {
  expect(grown(1, every(20))).toEqual({ mib: 4, told: 3 });
});

test('it is held again as soon as collections are seldom', () => {
  expect(grown(1, [0, 20, 1000, 2000, 3000]).mib).toBe(2);
});

test('one that V8 has made larger is left as it is', () => {
  expect(grown(16, every(20))).toEqual({ mib: 16, told: 1 });
});
