import type { Member } from './member.ts';

/**
 * Gives each candidate its weight of now. Returns the new list, or the one before if members and weights are the same:
 * policies rely on it.
 * @param share of its weight that a member has now, 0…1
 */
export function weighed(
  before: readonly Member[],
  candidates: readonly Member[],
  share: (member: Member) => number,
): readonly Member[] {
  let same = before.length === candidates.length;
  for (const [index, member] of candidates.entries()) {
    const weight = member.endpoint.weight * share(member);
    if (member.weight !== weight || before[index] !== member) same = false;
    member.weight = weight;
  }
  return same ? before : candidates;
}
