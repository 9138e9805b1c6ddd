import { expect, test } from 'vitest';
import { EpochClock } from '../../../src/telemetry/epoch-clock.ts';

/** A clock with fractions of a millisecond on the monotonic side and whole ones on the wall. */
function machine(): {
  clock: ConstructorParameters<typeof EpochClock>[0];
  set(trueMs: number): void;
  step(byMs: number): void;
} {
  let trueMs = 0;
  let stepMs = 0;
  const unused = () => {
    throw new Error('not used');
  };
  return {
    clock: {
      nowMs: () => trueMs,
      wallMs: () => Math.floor(1_000_000.6 + trueMs) + stepMs,
      after: unused,
      sleep: unused,
    },
    set: (ms) => {
      trueMs = ms;
    },
    step: (byMs) => {
      stepMs = byMs;
    },
  };
}

test('the anchor creeps towards the true wall time, and readings never go back', () => {
  const { clock, set } = machine();
  const epoch = new EpochClock(clock);
  let lastMs = 0;
  for (let ms = 0; ms < 100; ms += 0.07) {
    set(ms);
    const nowMs = epoch.nowMs();
    expect(nowMs).toBeGreaterThanOrEqual(lastMs);
    lastMs = nowMs;
  }
  set(200);
  expect(Math.abs(epoch.nowMs() - 1_000_200.6)).toBeLessThan(0.1);
});

test('a step of the wall clock is followed, in both directions', () => {
  const { clock, step } = machine();
  const epoch = new EpochClock(clock);
  step(-3_600_000);
  expect(epoch.nowMs()).toBeLessThan(1_000_000 - 3_599_000);
  step(3_600_000);
  expect(epoch.nowMs()).toBeGreaterThan(1_000_000 + 3_599_000);
});
