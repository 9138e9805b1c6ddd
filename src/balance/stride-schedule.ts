/** One set of indices that take turns with each other, and how often the set has its turn. */
export interface ScheduleGroup {
  /** Indices, in the order of their turns. */
  readonly ring: ArrayLike<number>;
  /** Turns of the whole group, relative to the other groups; above 0. */
  readonly share: number;
  /** How much of its interval the group still waits, 0…1. */
  readonly wait: number;
}

/** A group's part of the ring, and its place in time. */
interface Turns {
  readonly from: number;
  readonly to: number;
  at: number;
  /** Between two turns of the group. */
  readonly stride: number;
  due: number;
}

/**
 * A smooth weighted rotation: the group whose turn is due earliest goes next, and is then due again one stride (1 ÷ its
 * share) later. Members of equal weight make one group and rotate within it, so that a turn costs O(log of the number of
 * different weights), and O(1) when all are equal.
 */
export class StrideSchedule {
  readonly #ring: Int32Array;
  /** A binary heap by due time. Most upstreams have one group. */
  readonly #heap: Turns[];

  constructor(groups: readonly ScheduleGroup[]) {
    this.#ring = new Int32Array(groups.reduce((sum, { ring }) => sum + ring.length, 0));
    let from = 0;
    const turns = groups.map(({ ring, share, wait }) => {
      this.#ring.set(ring, from);
      const to = from + ring.length;
      const group = { from, to, at: from, stride: 1 / share, due: wait / share };
      from = to;
      return group;
    });
    // An ascending array is a heap.
    this.#heap = turns.sort((one, other) => one.due - other.due);
  }

  /** The index whose turn it is; undefined if there is none. */
  peek(): number | undefined {
    return this.#ring[this.#heap[0]?.at ?? 0];
  }

  /** The index whose turn it is, moving on to the next; undefined if there is none. */
  next(): number | undefined {
    if (this.#ring.length === 0) return undefined;
    const group = this.#heap[0] as Turns;
    const { at } = group;
    group.at = at + 1 === group.to ? group.from : at + 1;
    if (this.#heap.length > 1) this.#reschedule(group);
    return this.#ring[at];
  }

  /** What is still to come of each group: its indices from the next one on, and how much of its interval it waits. */
  *remaining(): Generator<{ readonly ring: Int32Array; readonly wait: number }> {
    const now = this.#heap[0]?.due ?? 0;
    for (const { from, to, at, stride, due } of this.#heap) {
      const ring = new Int32Array(to - from);
      ring.set(this.#ring.subarray(at, to));
      ring.set(this.#ring.subarray(from, at), to - at);
      yield { ring, wait: Math.min(1, Math.max(0, (due - now) / stride)) };
    }
  }

  /** Puts the group at the top of the heap, which just had its turn, where it belongs now. */
  #reschedule(group: Turns): void {
    const heap = this.#heap;
    const size = heap.length;
    group.due += group.stride;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && (heap[child + 1] as Turns).due < (heap[child] as Turns).due) child += 1;
      const next = heap[child] as Turns;
      if (next.due >= group.due) break;
      heap[hole] = next;
      hole = child;
    }
    heap[hole] = group;
  }
}
