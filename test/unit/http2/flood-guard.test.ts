import { expect, it } from 'vitest';
import { FloodGuard } from '../../../src/http2/flood-guard.ts';

function countUntilRefused(guard: FloodGuard, nowMs: number): number {
  let count = 0;
  while (guard.count(nowMs)) count += 1;
  return count;
}

it('a burst is let through, and then so many a second', () => {
  const guard = new FloodGuard(0);
  expect(countUntilRefused(guard, 0)).toBe(200);
  expect(countUntilRefused(guard, 1100)).toBeLessThanOrEqual(22);
  expect(countUntilRefused(guard, 60_000)).toBe(200);
});

it('a peer that steers now and then is never refused', () => {
  const guard = new FloodGuard(0);
  for (let nowMs = 0; nowMs < 600_000; nowMs += 100) expect(guard.count(nowMs)).toBe(true);
});
