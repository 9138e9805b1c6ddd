import { describe, expect, test } from 'vitest';
import { METHODS } from '../../../src/http1/method.ts';
import { isIdempotentMethod, mayRetryFailure, mayRetryStatus, wasNotSent } from '../../../src/proxy/retry-policy.ts';
import type { RetrySettings } from '../../../src/upstream/upstream-settings.ts';

const settings: RetrySettings = {
  attempts: 2,
  on: ['connect', 'reset', 'timeout', 502, 503, 504],
  budget: 0.2,
  budgetFloor: 3,
  bufferBytes: 65_536,
};
const first = { isIdempotent: true, isReplayable: true, attempts: 1 };
const post = { ...first, isIdempotent: false };

test('GET, HEAD, PUT, DELETE and OPTIONS may be done twice', () => {
  expect(METHODS.filter((_, index) => isIdempotentMethod(index))).toEqual(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
});

describe('after a failure', () => {
  test.each(['connect_failed', 'connect_timeout', 'address_refused', 'name_unresolved', 'tls_failed'] as const)(
    'before anything was sent, any method is tried again: %s',
    (code) => {
      expect(mayRetryFailure(code, post, settings)).toBe(true);
      expect(wasNotSent(code)).toBe(true);
    },
  );

  test.each(['closed_before_answer', 'answer_timeout'] as const)(
    'after it was sent, only what may be done twice is: %s',
    (code) => {
      expect([mayRetryFailure(code, first, settings), mayRetryFailure(code, post, settings)]).toEqual([true, false]);
      expect(wasNotSent(code)).toBe(false);
    },
  );

  test('no answer in time counts as 504, so the default settings try it again; without both nothing is', () => {
    expect(mayRetryFailure('answer_timeout', first, { ...settings, on: ['connect', 'reset', 502, 503, 504] })).toBe(
      true,
    );
    expect(mayRetryFailure('answer_timeout', first, { ...settings, on: ['timeout'] })).toBe(true);
    expect(mayRetryFailure('answer_timeout', first, { ...settings, on: ['connect', 'reset', 502, 503] })).toBe(false);
  });

  test.each(['answer_malformed', 'answer_cut_short', 'answer_truncated', 'answer_stalled'] as const)(
    'within an answer nothing is: %s',
    (code) => {
      expect(mayRetryFailure(code, first, settings)).toBe(false);
    },
  );

  test('nothing is that is no longer at hand, was tried often enough, or is not wanted', () => {
    expect(mayRetryFailure('connect_failed', { ...first, isReplayable: false }, settings)).toBe(false);
    expect(mayRetryFailure('connect_failed', { ...first, attempts: 2 }, settings)).toBe(false);
    expect(mayRetryFailure('connect_failed', first, { ...settings, on: ['reset'] })).toBe(false);
  });
});

describe('after an answer', () => {
  test.each([
    [502, true],
    [503, true],
    [504, true],
    [500, false],
    [501, false],
    [505, false],
    [429, false],
    [200, false],
  ])('with status %i: %s', (status, retries) => {
    expect(mayRetryStatus(status, first, settings)).toBe(retries);
    expect(mayRetryStatus(status, post, settings)).toBe(false);
  });

  test('nothing is tried again that is not wanted, gone, or was tried often enough', () => {
    expect(mayRetryStatus(503, first, { ...settings, on: [502] })).toBe(false);
    expect(mayRetryStatus(503, { ...first, isReplayable: false }, settings)).toBe(false);
    expect(mayRetryStatus(503, { ...first, attempts: 2 }, settings)).toBe(false);
  });
});
