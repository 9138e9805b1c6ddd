import type { AgentService, AgentServiceHealth } from '../consul/decode/agent.ts';
import type { DesiredService } from './desired-service.ts';

/**
 * What of a registration is not as it is wanted, in one word for the log; undefined when all of it is. Tags are left
 * alone when others may change them; further checks (maintenance, an operator's) are nobody's mistake.
 */
export function serviceDifference(desired: DesiredService, actual: AgentServiceHealth): string | undefined {
  const { service, checks } = actual;
  if (service.name !== desired.name) return 'name';
  if (service.address !== desired.address) return 'address';
  if (service.port !== desired.port) return 'port';
  if (!desired.enableTagOverride && !sameTags(desired.tags, service.tags)) return 'tags';
  if (!sameMeta(desired.meta, service.meta)) return 'meta';
  if (!sameWeights(desired, service)) return 'weights';
  const known = new Set(checks.map(({ id }) => id));
  return desired.checks.every(({ id }) => known.has(id)) ? undefined : 'checks';
}

function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((tag, index) => tag === b[index]);
}

function sameMeta(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

function sameWeights(desired: DesiredService, { weights }: AgentService): boolean {
  return desired.weights.passing === weights.passing && desired.weights.warning === weights.warning;
}
