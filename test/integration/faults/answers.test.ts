import { expect, it } from 'vitest';
import { answerScenarios, connectScenarios } from '../../../bench/chaos/scenarios/answers.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

it.each([...connectScenarios, ...answerScenarios])('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
