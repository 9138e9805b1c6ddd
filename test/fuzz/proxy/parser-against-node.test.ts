import { expect, test } from 'vitest';
import { compareWithNode } from '../compare-with-node.ts';
import { LISTED } from '../listed-differences.ts';

/** The same seed each time: a red run is a change of ours, not luck. `npm run fuzz` tries new ones. */
const SEED = 1;
const CASES = 2000;

test(`${CASES} mutated requests: pilotfish understands what Node understands, but for the listed differences`, async () => {
  const { unlisted, cases, undecided } = await compareWithNode(SEED, (done) => done >= CASES, 5);
  expect(unlisted).toEqual([]);
  expect(cases).toBe(CASES);
  expect(undecided).toBeLessThan(CASES / 100);
});

test('every listed difference has a reason, and no name twice', () => {
  expect(new Set(LISTED.map(({ name }) => name)).size).toBe(LISTED.length);
  for (const { why } of LISTED) expect(why.length).toBeGreaterThan(20);
});
