import type { Scenario } from './scenario.ts';
import { answerScenarios } from './scenarios/answers.ts';
import { catalogAnswerScenarios } from './scenarios/catalog-answers.ts';
import { connectionScenarios } from './scenarios/connections.ts';
import { ejectionScenarios } from './scenarios/ejection.ts';
import { instanceScenarios } from './scenarios/instances.ts';
import { machineScenarios } from './scenarios/machine.ts';
import { presenceScenarios } from './scenarios/presence.ts';
import { registryAwayScenarios } from './scenarios/registry-away.ts';
import { scaleScenarios } from './scenarios/scale.ts';
import { soakScenarios } from './scenarios/soak.ts';
import { trafficScenarios } from './scenarios/traffic.ts';

/** Every scenario. */
export const allScenarios: readonly Scenario[] = [
  ...instanceScenarios,
  ...connectionScenarios,
  ...answerScenarios,
  ...ejectionScenarios,
  ...presenceScenarios,
  ...registryAwayScenarios,
  ...catalogAnswerScenarios,
  ...machineScenarios,
  ...scaleScenarios,
  ...trafficScenarios,
  ...soakScenarios,
];
