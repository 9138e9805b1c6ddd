/** One set of indices that take turns with each other, and how often the set has its turn. */
export interface ScheduleGroup {
  /** Indices, in the order of their turns. */
  readonly ring: ArrayLike<number>;
  /** Turns of the whole group, relative to the other groups; above 0. */
  readonly share: number;
  /** How much of its interval the group still waits, 0…1. */
  readonly wait: number;
}

/**
 * A smooth weighted rotation: the group whose turn is due earliest goes next, and is then due again one stride (1 ÷ its
 * share) later. Members of equal weight make one group and rotate within it, so that a turn costs O(log of the number of
 * different weights), and O(1) when all are equal.
 */
export class StrideSchedule {
  readonly #ring: Int32Array;
  /** By group: where its part of the ring begins, ends, and stands; and its stride. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #at: Int32Array;
  readonly #stride: Float64Array;
  /** A binary heap by due time, as two parallel arrays. */
  readonly #due: Float64Array;
  readonly #who: Int32Array;

  constructor(groups: readonly ScheduleGroup[]) {
    const count = groups.length;
    this.#ring = new Int32Array(groups.reduce((sum, { ring }) => sum + ring.length, 0));
    this.#from = new Int32Array(count);
    this.#to = new Int32Array(count);
    this.#at = new Int32Array(count);
    this.#stride = Float64Array.from(groups, ({ share }) => 1 / share);
    let from = 0;
    for (const [group, { ring }] of groups.entries()) {
      this.#from[group] = this.#at[group] = from;
      this.#ring.set(ring, from);
      from += ring.length;
      this.#to[group] = from;
    }
    const due = groups.map(({ share, wait }) => wait / share);
    // An ascending array is a heap.
    this.#who = Int32Array.from(due.keys()).sort((a, b) => (due[a] as number) - (due[b] as number));
    this.#due = Float64Array.from(this.#who, (group) => due[group] as number);
  }

  /** The index whose turn it is; undefined if there is none. */
  peek(): number | undefined {
    return this.#ring[this.#at[this.#who[0] ?? 0] ?? 0];
  }

  /** The index whose turn it is, moving on to the next; undefined if there is none. */
  next(): number | undefined {
    if (this.#ring.length === 0) return undefined;
    const group = this.#who[0] as number;
    const at = this.#at[group] as number;
    this.#at[group] = at + 1 === this.#to[group] ? (this.#from[group] as number) : at + 1;
    if (this.#who.length > 1) this.#reschedule(group);
    return this.#ring[at];
  }

  /** What is still to come of each group: its indices from the next one on, and how much of its interval it waits. */
  *remaining(): Generator<{ readonly ring: Int32Array; readonly wait: number }> {
    const now = this.#due[0] ?? 0;
    for (const [place, group] of this.#who.entries()) {
      const from = this.#from[group] as number;
      const at = this.#at[group] as number;
      const to = this.#to[group] as number;
      const ring = new Int32Array(to - from);
      ring.set(this.#ring.subarray(at, to));
      ring.set(this.#ring.subarray(from, at), to - at);
      const wait = ((this.#due[place] as number) - now) / (this.#stride[group] as number);
      yield { ring, wait: Math.min(1, Math.max(0, wait)) };
    }
  }

  /** Puts the group at the top of the heap, which just had its turn, where it belongs now. */
  #reschedule(group: number): void {
    const due = this.#due;
    const who = this.#who;
    const size = who.length;
    const dueAt = (due[0] as number) + (this.#stride[group] as number);
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && (due[child + 1] as number) < (due[child] as number)) child += 1;
      const childDue = due[child] as number;
      if (childDue >= dueAt) break;
      due[hole] = childDue;
      who[hole] = who[child] as number;
      hole = child;
    }
    due[hole] = dueAt;
    who[hole] = group;
  }
}
