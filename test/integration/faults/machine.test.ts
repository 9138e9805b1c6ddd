import { expect, it } from 'vitest';
import { machineScenarios } from '../../../bench/chaos/scenarios/machine.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each(machineScenarios)('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
