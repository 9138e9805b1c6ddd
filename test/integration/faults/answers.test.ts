import { expect, it } from 'vitest';
import { answerScenarios } from '../../../bench/chaos/scenarios/answers.ts';
import { connectionScenarios } from '../../../bench/chaos/scenarios/connections.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each([...connectionScenarios, ...answerScenarios])('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
