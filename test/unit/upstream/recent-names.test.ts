import { expect, it } from 'vitest';
import { RecentNames } from '../../../src/upstream/recent-names.ts';

it('a name is remembered for as long as it is asked for, and no other passes for it', () => {
  const names = new RecentNames();
  expect(names.has('orders', 1000, 0)).toBe(false);
  names.note('orders', 500.5);
  expect(names.has('orders', 1000, 1499)).toBe(true);
  expect(names.has('orders', 1000, 1501)).toBe(false);
  for (let other = 0; other < 10_000; other++) expect(names.has(`orders-${other}`, 1000, 501)).toBe(false);
});

it('most of ten thousand names are remembered', () => {
  const names = new RecentNames();
  for (let n = 0; n < 10_000; n++) names.note(`name-${n}`, n / 10);
  let known = 0;
  for (let n = 0; n < 10_000; n++) if (names.has(`name-${n}`, 2000, 1000)) known += 1;
  expect(known).toBeGreaterThan(8000);
});

it('the time it counts may pass 49 days, which 32 bits of milliseconds do not', () => {
  const names = new RecentNames();
  names.note('orders', 2 ** 32 - 10);
  expect(names.has('orders', 1000, 2 ** 32 + 10)).toBe(true);
  expect(names.has('orders', 1000, 2 ** 32 + 991)).toBe(false);
});
