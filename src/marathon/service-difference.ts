import type { FoundService } from './actual-state.ts';
import type { WantedService } from './bridge-action.ts';
import { isBridgeCheck } from './consul-checks.ts';

/**
 * What of a registration is not as it is wanted, in one word; undefined when all of it is. Checks are compared by id,
 * which says how they are defined; those of others (maintenance, an operator's) are nobody's mistake.
 */
export function serviceDifference(wanted: WantedService, found: FoundService): string | undefined {
  if (found.name !== wanted.name) return 'name';
  if (found.address !== wanted.address) return 'address';
  if (found.port !== wanted.port) return 'port';
  if (!sameTags(wanted.tags, found.tags)) return 'tags';
  const isThere = wanted.checks.every(({ id }) => found.checkIds.has(id));
  return isThere && staleChecks(wanted, found).length === 0 ? undefined : 'checks';
}

/** Checks of an earlier registration by the bridge that are not wanted any more. */
export function staleChecks(wanted: WantedService, found: FoundService): readonly string[] {
  const ids = new Set(wanted.checks.map(({ id }) => id));
  return [...found.checkIds].filter((id) => isBridgeCheck(id, wanted.id) && !ids.has(id));
}

/** Tags are a list to us and a set to Consul's readers: their order is nobody's mistake. */
function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((tag) => b.includes(tag));
}
