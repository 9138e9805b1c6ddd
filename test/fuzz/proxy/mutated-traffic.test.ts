import { afterAll, beforeAll, expect, test } from 'vitest';
import { TrafficFuzz } from '../play-traffic.ts';

const SEED = 1;
const CASES = 600;
let fuzz: TrafficFuzz;

beforeAll(async () => {
  fuzz = await TrafficFuzz.start();
});
afterAll(async () => {
  await fuzz[Symbol.asyncDispose]();
});

test(`${CASES} conversations of mutated requests and answers, cut at random: nothing smuggled, mixed up, hung or broken`, async () => {
  const failures: string[] = [];
  for (let seed = SEED; seed < SEED + CASES && failures.length < 3; seed++) {
    await fuzz.play(seed).catch((error: unknown) => failures.push(`seed ${seed}: ${error}`));
  }
  expect(failures).toEqual([]);
});
