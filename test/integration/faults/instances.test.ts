import { expect, it } from 'vitest';
import { ejectionScenarios } from '../../../bench/chaos/scenarios/ejection.ts';
import { instanceScenarios } from '../../../bench/chaos/scenarios/instances.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each([...instanceScenarios, ...ejectionScenarios])('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
