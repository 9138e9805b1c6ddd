import { expect, it } from 'vitest';
import { catalogAnswerScenarios } from '../../../bench/chaos/scenarios/catalog-answers.ts';
import { unmetClaims } from '../../../bench/chaos/unmet-claims.ts';

// Mostly waiting, so they wait together.
it.concurrent.each(catalogAnswerScenarios)('when $fault: $must ($name)', async (scenario) => {
  expect(await unmetClaims(scenario)).toEqual([]);
});
