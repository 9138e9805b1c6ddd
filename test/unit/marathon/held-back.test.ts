import { expect, it } from 'vitest';
import { HeldBack } from '../../../src/marathon/held-back.ts';
import { FakeClock } from '../../support/fake-clock.ts';

it('after a refusal, events are taken for missed once the pause of Marathon is over', async () => {
  const clock = new FakeClock();
  let missed = 0;
  const heldBack = new HeldBack(clock, () => (missed += 1));
  heldBack.refused();
  await clock.advance(2_000);
  expect(missed).toBe(0);
  await clock.advance(500);
  expect(missed).toBe(1);
  expect(clock.pending).toBe(0);
});

it('each further refusal doubles the pause, which is told once, up to a minute', async () => {
  const clock = new FakeClock();
  let missed = 0;
  const heldBack = new HeldBack(clock, () => (missed += 1));
  for (let count = 0; count < 3; count++) heldBack.refused();
  await clock.advance(8_499);
  expect(missed).toBe(0);
  await clock.advance(1);
  expect(missed).toBe(1);
  for (let count = 0; count < 50; count++) heldBack.refused();
  await clock.advance(64_500);
  expect(missed).toBe(2);
});

it('an event that comes before shows that the pause is over, and the next refusal is a first one', async () => {
  const clock = new FakeClock();
  let missed = 0;
  const heldBack = new HeldBack(clock, () => (missed += 1));
  heldBack.accepted();
  expect(missed).toBe(0);
  heldBack.refused();
  heldBack.refused();
  heldBack.accepted();
  expect(missed).toBe(1);
  heldBack.accepted();
  expect(missed).toBe(1);
  heldBack.refused();
  await clock.advance(2_500);
  expect(missed).toBe(2);
});

it('once it is stopped it tells nothing', async () => {
  const clock = new FakeClock();
  const heldBack = new HeldBack(clock, () => expect.fail('told'));
  heldBack.refused();
  heldBack.stop();
  await clock.advance(10_000);
  expect(clock.pending).toBe(0);
});
