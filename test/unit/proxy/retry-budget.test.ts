import { expect, test } from 'vitest';
import { RetryBudget } from '../../../src/proxy/retry-budget.ts';

/** How many of `rps` × `seconds` requests, all failing, are tried again. */
function retries(rps: number, seconds: number): number {
  const budget = new RetryBudget(0.2, 3);
  let count = 0;
  for (let request = 0; request < rps * seconds; request++) {
    const nowMs = 5000 + (request * 1000) / rps;
    budget.request(nowMs);
    if (budget.retry(nowMs)) count += 1;
  }
  return count;
}

test('under load, retries are a fifth of the requests at most', () => {
  const count = retries(1000, 10);
  expect(count).toBeLessThanOrEqual(2000);
  expect(count).toBeGreaterThan(1900);
});

test('a quiet service can be retried always', () => {
  expect(retries(2, 20)).toBe(40);
});

test('a burst after silence has the floor at least, and no more than its share', () => {
  const budget = new RetryBudget(0.2, 3);
  budget.request(0);
  const allowed = (nowMs: number) => Array.from({ length: 10 }, () => budget.retry(nowMs)).filter(Boolean).length;
  expect(allowed(60_000)).toBe(3);
  expect(allowed(60_500)).toBe(0);
  expect(allowed(62_100)).toBe(3);
});
