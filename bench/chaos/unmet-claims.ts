import { play, registryFor } from './play.ts';
import type { Claim, Scenario } from './scenario.ts';

/**
 * Plays the short form of a scenario, and gives what must be so and was not; times and sizes are left to the bench.
 * @throws Error when it claims nothing
 */
export async function unmetClaims(scenario: Scenario): Promise<readonly Claim[]> {
  const { claims } = await play(scenario, { registry: registryFor(scenario), quick: true });
  if (claims.length === 0) throw new Error(`${scenario.name} claims nothing`);
  return claims.filter(({ held, isFigure }) => !held && !isFigure);
}
