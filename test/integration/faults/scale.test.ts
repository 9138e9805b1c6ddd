import { expect, it } from 'vitest';
import { scaleScenarios } from '../../../bench/chaos/scenarios/scale.ts';
import { soakScenarios } from '../../../bench/chaos/scenarios/soak.ts';
import { trafficScenarios } from '../../../bench/chaos/scenarios/traffic.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each([...scaleScenarios, ...trafficScenarios, ...soakScenarios])('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
