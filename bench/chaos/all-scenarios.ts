import type { Scenario } from './scenario.ts';
import { answerScenarios, connectScenarios } from './scenarios/answers.ts';
import { catalogAnswerScenarios } from './scenarios/catalog-answers.ts';
import { ejectionScenarios } from './scenarios/ejection.ts';
import { instanceScenarios } from './scenarios/instances.ts';
import { machineScenarios } from './scenarios/machine.ts';
import { presenceScenarios } from './scenarios/presence.ts';
import { registryAwayScenarios } from './scenarios/registry-away.ts';
import { scaleScenarios } from './scenarios/scale.ts';

/** Every scenario. */
export const allScenarios: readonly Scenario[] = [
  ...instanceScenarios,
  ...connectScenarios,
  ...answerScenarios,
  ...ejectionScenarios,
  ...presenceScenarios,
  ...registryAwayScenarios,
  ...catalogAnswerScenarios,
  ...machineScenarios,
  ...scaleScenarios,
];
