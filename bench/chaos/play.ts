import { hasRealConsul, type RegistryKindName } from './registry.ts';
import type { Claim, Outcome, Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

/** A scenario that was played. */
export interface Played {
  readonly scenario: Scenario;
  readonly registry: RegistryKindName;
  readonly outcome: Outcome;
  readonly claims: readonly Claim[];
}

/** Plays a scenario on a stage of its own. @throws Error when it gets stuck, with the last words of sidecars that ended */
export async function play(
  scenario: Scenario,
  options: { registry: RegistryKindName; quick: boolean },
): Promise<Played> {
  await using stage = await Stage.start(options);
  const outcome = await scenario.play(stage).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([`${scenario.name}: ${reason}`, ...stage.lastWords()].join('\na sidecar has ended: '), {
      cause: error,
    });
  });
  return { scenario, registry: options.registry, outcome, claims: stage.claims };
}

/** The registry that a scenario is about, as far as it is here. */
export function registryFor(scenario: Scenario): RegistryKindName {
  return scenario.registry === 'consul' && hasRealConsul ? 'real' : 'embedded';
}
