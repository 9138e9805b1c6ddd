import type { Member } from './member.ts';

/**
 * Gives each candidate its weight of now. Returns the list before if members and weights are the same; else another,
 * and never one that was returned with other weights: policies rely on it.
 * @param candidates a list that is not handed in again once the weight of an endpoint in it has changed
 * @param share of its weight that a member has now, 0…1
 */
export function weighed(
  before: readonly Member[],
  candidates: readonly Member[],
  share: (member: Member) => number,
): readonly Member[] {
  let same = before.length === candidates.length;
  let full = true;
  for (const [index, member] of candidates.entries()) {
    const part = share(member);
    const weight = member.endpoint.weight * part;
    if (part !== 1) full = false;
    if (member.weight !== weight || before[index] !== member) same = false;
    member.weight = weight;
  }
  if (same) return before;
  return full ? candidates : candidates.slice();
}
