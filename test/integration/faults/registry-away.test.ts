import { expect, it } from 'vitest';
import { registryAwayScenarios } from '../../../bench/chaos/scenarios/registry-away.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

// Mostly waiting, so they wait together.
it.concurrent.each(registryAwayScenarios)('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
