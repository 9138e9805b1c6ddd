import type { PurgeRefusal } from './bridge-action.ts';
import type { BridgeSettings } from './bridge-settings.ts';
import type { Removal } from './removals.ts';

/** What may be taken away. */
export interface GuardedPurge {
  readonly allowed: readonly Removal[];
  readonly refusal: PurgeRefusal | undefined;
}

/**
 * Lets through what may be taken away: all that events prove, and with `purge` what Marathon is only silent about. But
 * not if that is more than `maxPurge` of all own services: then Marathon's answer may be incomplete, and only removals
 * from apps go through of which Marathon has shown as many running tasks as it wants.
 */
export function guardPurge(
  removals: readonly Removal[],
  { purge, maxPurge, own }: Pick<BridgeSettings, 'purge' | 'maxPurge'> & { readonly own: number },
): GuardedPurge {
  const asked = purge ? removals : removals.filter(({ isProven }) => isProven);
  const isDoubtful = ({ isProven, isAccountedFor }: Removal) => !isProven && !isAccountedFor;
  const count = new Set(asked.filter(isDoubtful).map(({ found }) => found.id)).size;
  if (count <= own * maxPurge) return { allowed: asked, refusal: undefined };
  return { allowed: asked.filter((each) => !isDoubtful(each)), refusal: { removals: count, own, maxPurge } };
}
