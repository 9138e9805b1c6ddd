import { expect, test } from 'vitest';
import { FUZZERS } from '../fuzzers.ts';

/** The same cases each time: a red run is a change of ours, not luck. `npm run fuzz` tries new ones. */
const SEED = 1;
const CASES: ReadonlyMap<string, number> = new Map([
  ['http1', 600],
  ['bodiless', 400],
  ['tunnel', 450],
  ['tls', 25],
  ['http2', 120],
  ['grpc', 250],
]);

test.each([...FUZZERS])(
  '%s: nothing smuggled, mixed up, hung or broken, and the next request is clean',
  async (name, start) => {
    await using fuzz = await start();
    const failures: string[] = [];
    const cases = CASES.get(name) ?? 0;
    for (let seed = SEED; seed < SEED + cases && failures.length < 3; seed++) {
      await fuzz.play(seed).catch((error: unknown) => failures.push(`seed ${seed}: ${error}`));
    }
    expect(cases).toBeGreaterThan(0);
    expect(failures).toEqual([]);
  },
);
