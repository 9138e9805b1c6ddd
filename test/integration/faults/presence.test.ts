import { expect, it } from 'vitest';
import { presenceScenarios } from '../../../bench/chaos/scenarios/presence.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each(presenceScenarios)('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
