import type { Random } from '../runtime/random.ts';
import type { Candidate } from './balancer.ts';

/**
 * Draws an index with a chance in proportion to its candidate's weight, with one random number whatever the size
 * (A. J. Walker's alias method, in M. D. Vose's linear-time form). Made once per list.
 */
export class AliasTable {
  readonly #size: number;
  /** All weights are equal: no table is needed. */
  readonly #even: boolean;
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  constructor(candidates: readonly Candidate[]) {
    this.#size = candidates.length;
    const first = candidates[0]?.weight;
    this.#even = candidates.every(({ weight }) => weight === first);
    this.#keep = new Float64Array(this.#even ? 0 : this.#size);
    this.#alias = new Int32Array(this.#even ? 0 : this.#size);
    if (!this.#even) this.#fill(candidates);
  }

  /** An index into the list that the table was made of; -1 if that was empty. */
  draw(random: Random): number {
    if (this.#size === 0) return -1;
    const point = random() * this.#size;
    const index = Math.floor(point);
    if (this.#even || point - index < (this.#keep[index] as number)) return index;
    return this.#alias[index] as number;
  }

  /** Another index than `first`, drawn likewise; `first` itself only if there is no other. */
  drawOther(first: number, random: Random): number {
    const size = this.#size;
    if (this.#even) {
      const other = Math.floor(random() * (size - 1));
      return other >= first ? (other + 1 < size ? other + 1 : first) : other;
    }
    // One that outweighs all others comes again and again: then whoever is next in the list.
    const other = this.draw(random);
    const again = other === first ? this.draw(random) : other;
    return again !== first ? again : first + 1 < size ? first + 1 : 0;
  }

  /** Pairs each column that is less than full with one that has more than enough. */
  #fill(candidates: readonly Candidate[]): void {
    let total = 0;
    for (const { weight } of candidates) total += weight;
    const small: number[] = [];
    const large: number[] = [];
    for (const [index, { weight }] of candidates.entries()) {
      const share = (weight * this.#size) / total;
      this.#keep[index] = share;
      (share < 1 ? small : large).push(index);
    }
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number;
      const more = large[large.length - 1] as number;
      this.#alias[less] = more;
      this.#keep[more] = (this.#keep[more] as number) - (1 - (this.#keep[less] as number));
      if ((this.#keep[more] as number) < 1) {
        large.pop();
        small.push(more);
      }
    }
    // What is left is full but for rounding.
    for (const index of [...small, ...large]) this.#keep[index] = 1;
  }
}
