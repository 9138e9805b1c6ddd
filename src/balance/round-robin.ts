import type { Random } from '../runtime/random.ts';
import type { Balancer, Candidate } from './balancer.ts';
import { type ScheduleGroup, StrideSchedule } from './stride-schedule.ts';

/** Candidates of one weight, while a schedule is made. */
interface Turn {
  /** Were here before, in the order of their next turns. */
  readonly survivors: number[];
  readonly newcomers: number[];
  /** How much of its interval the group still waits, 0…1. */
  readonly wait: number;
}

/**
 * Each in its turn, the heavier more often and evenly spread (smooth weighted). Policy `round-robin`.
 *
 * The order starts at random, or every sidecar of a fleet would begin with the same instance. When the list changes,
 * those that stay keep their place by id and newcomers are put in between at random, so that a change sends no burst to
 * anyone.
 */
export class RoundRobin implements Balancer {
  readonly #random: Random;
  #list: readonly Candidate[] = [];
  #schedule: StrideSchedule = new StrideSchedule([]);

  constructor(random: Random) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates !== this.#list) this.#adopt(candidates);
    return candidates[this.#schedule.next() ?? -1];
  }

  peek<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates !== this.#list) this.#adopt(candidates);
    return candidates[this.#schedule.peek() ?? -1];
  }

  #adopt(candidates: readonly Candidate[]): void {
    const placed = new Uint8Array(candidates.length);
    const turns = this.#survivors(candidates, placed);
    for (let index = 0; index < candidates.length; index++) {
      if (placed[index] === 1) continue;
      const { weight } = candidates[index] as Candidate;
      const turn = turns.get(weight);
      if (turn !== undefined) turn.newcomers.push(index);
      else turns.set(weight, { survivors: [], newcomers: [index], wait: this.#random() });
    }
    const groups: ScheduleGroup[] = [];
    for (const [weight, turn] of turns) {
      const ring = this.#mix(turn);
      if (ring.length > 0) groups.push({ ring, share: weight * ring.length, wait: turn.wait });
    }
    this.#list = candidates;
    this.#schedule = new StrideSchedule(groups);
  }

  /** Those of the present schedule that are still there with the same weight, by weight; marks them in `placed`. */
  #survivors(candidates: readonly Candidate[], placed: Uint8Array): Map<number, Turn> {
    const turns = new Map<number, Turn>();
    if (this.#list.length === 0) return turns;
    const moved = newIndices(this.#list, candidates);
    for (const { ring, wait } of this.#schedule.remaining()) {
      const { weight } = this.#list[ring[0] as number] as Candidate;
      const survivors: number[] = [];
      for (let turn = 0; turn < ring.length; turn++) {
        const index = moved[ring[turn] as number] as number;
        if (index < 0 || (candidates[index] as Candidate).weight !== weight) continue;
        placed[index] = 1;
        survivors.push(index);
      }
      turns.set(weight, { survivors, newcomers: [], wait });
    }
    return turns;
  }

  /** A random one of the orders in which the survivors keep theirs. */
  #mix({ survivors, newcomers }: Turn): number[] {
    if (newcomers.length === 0) return survivors;
    shuffle(newcomers, this.#random);
    const ring: number[] = [];
    let [old, fresh] = [0, 0];
    while (old < survivors.length || fresh < newcomers.length) {
      const freshLeft = newcomers.length - fresh;
      const left = survivors.length - old + freshLeft;
      ring.push((this.#random() * left < freshLeft ? newcomers[fresh++] : survivors[old++]) as number);
    }
    return ring;
  }
}

/**
 * Where each of `before` is in `after`; -1 for one that has gone. Lists mostly keep their order, so both are walked side
 * by side, and only what does not match is looked up.
 */
function newIndices(before: readonly Candidate[], after: readonly Candidate[]): Int32Array {
  const indices = new Int32Array(before.length).fill(-1);
  let next = 0;
  for (let old = 0; old < before.length && next < after.length; old++) {
    if ((before[old] as Candidate).id === (after[next] as Candidate).id) indices[old] = next++;
  }
  if (next === after.length) return indices;
  const rest = new Map<string, number>();
  for (let index = next; index < after.length; index++) rest.set((after[index] as Candidate).id, index);
  for (let old = 0; old < before.length; old++) {
    if (indices[old] === -1) indices[old] = rest.get((before[old] as Candidate).id) ?? -1;
  }
  return indices;
}

/** Fisher and Yates. */
function shuffle(items: number[], random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const item = items[last] as number;
    items[last] = items[other] as number;
    items[other] = item;
  }
}
