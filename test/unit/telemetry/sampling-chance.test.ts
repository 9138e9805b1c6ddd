import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { SamplingChance } from '../../../src/telemetry/sampling-chance.ts';

function answers(ratio: number, count: number, random = seededRandom(7)): boolean[] {
  const chance = new SamplingChance(random, ratio);
  return Array.from({ length: count }, () => chance.next());
}

const share = (yes: readonly boolean[]) => yes.filter(Boolean).length / yes.length;

test.each([0.001, 0.01, 0.3, 0.5, 0.9, 0.999])('the share %d is kept, within four standard deviations', (ratio) => {
  const count = 200_000;
  expect(Math.abs(share(answers(ratio, count)) - ratio)).toBeLessThan(4 * Math.sqrt((ratio * (1 - ratio)) / count));
});

test('what comes after a yes is as likely a yes as what comes after a no', () => {
  const yes = answers(0.2, 200_000);
  const after = (before: boolean) => share(yes.filter((_, index) => index > 0 && yes[index - 1] === before));
  expect(Math.abs(after(true) - 0.2)).toBeLessThan(0.01);
  expect(Math.abs(after(false) - 0.2)).toBeLessThan(0.01);
});

test('none of a share of 0, all of 1, whatever chance says', () => {
  for (const random of [() => 0, () => 0.5, () => 1 - 2 ** -53]) {
    expect(share(answers(0, 1000, random))).toBe(0);
    expect(share(answers(1, 1000, random))).toBe(1);
  }
});

test('a share so small that its wait has no end says no, and does not fail', () => {
  expect(share(answers(Number.MIN_VALUE, 1000))).toBe(0);
  expect(share(answers(1e-12, 1000))).toBe(0);
});
