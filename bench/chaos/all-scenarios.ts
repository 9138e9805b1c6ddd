import type { Scenario } from './scenario.ts';
import { instanceScenarios } from './scenarios/instances.ts';

/** Every scenario, in the contract's order as far as it goes. */
export const allScenarios: readonly Scenario[] = [...instanceScenarios];
