import { expect, it } from 'vitest';
import { scaleScenarios } from '../../../bench/chaos/scenarios/scale.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each(scaleScenarios)('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
