import type { Scenario } from './scenario.ts';
import { answerScenarios, connectScenarios } from './scenarios/answers.ts';
import { ejectionScenarios } from './scenarios/ejection.ts';
import { instanceScenarios } from './scenarios/instances.ts';
import { presenceScenarios } from './scenarios/presence.ts';

/** Every scenario. */
export const allScenarios: readonly Scenario[] = [
  ...instanceScenarios,
  ...connectScenarios,
  ...answerScenarios,
  ...ejectionScenarios,
  ...presenceScenarios,
];
