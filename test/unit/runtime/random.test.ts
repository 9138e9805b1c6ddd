import { expect, test } from 'vitest';
import { randomId, seededRandom } from '../../../src/runtime/random.ts';

test('an id has two digits for each byte, also for small ones, and another comes out each time', () => {
  expect(randomId(3, () => 0)).toBe('000000');
  expect(randomId(2, () => 0.999_999)).toBe('ffff');
  const random = seededRandom(1);
  const ids = Array.from({ length: 1000 }, () => randomId(6, random));
  expect(new Set(ids).size).toBe(1000);
  expect(ids.every((id) => /^[0-9a-f]{12}$/.test(id))).toBe(true);
});
