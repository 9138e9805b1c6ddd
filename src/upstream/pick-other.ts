import type { Random } from '../runtime/random.ts';
import type { Endpoint } from './endpoint.ts';
import type { Member } from './member.ts';
import type { Selection } from './select-candidates.ts';

/**
 * Whom to retry with: `picked`, unless that is where the request just failed, or it is panic and somebody else is well.
 * `exclude` itself only if there is no other.
 */
export function pickOther(exclude: Endpoint, picked: Member, selection: Selection, random: Random): Member {
  const { panic, usable, candidates } = selection;
  const preferUsable = panic && usable.some(({ id }) => id !== exclude.id);
  if (picked.id !== exclude.id && !preferUsable) return picked;
  const list = preferUsable ? usable : candidates;
  const start = Math.floor(random() * list.length);
  for (let step = 0; step < list.length; step++) {
    const member = list[(start + step) % list.length] as Member;
    if (member.id !== exclude.id) return member;
  }
  return picked;
}
