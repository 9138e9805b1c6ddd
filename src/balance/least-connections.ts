import type { Random } from '../runtime/random.ts';
import { AliasTable } from './alias-table.ts';
import type { Balancer, Candidate } from './balancer.ts';

/** Up to here all are looked at; beyond, a few drawn by weight. */
const EXACT_UP_TO = 256;
/** How many are drawn from a long list: the busiest of n is then within ln ln n ÷ ln 3 of the average. */
const DRAWN = 3;

/** Loads that differ by less than this part of a request, at the lightest, count as equal. */
const LOAD_STEPS = 1024;
/** A turn of the lightest; turns are below 2³², so that load and turn fit into one number. */
const TURN = 2 ** 16;
const TURNS = 2 ** 32;

/**
 * The one with the fewest requests in flight per weight; equals take turns, the heavier more often. Exact up to
 * {@link EXACT_UP_TO} candidates, the best of {@link DRAWN} beyond. Policy `least-connections`.
 */
export class LeastConnections implements Balancer {
  readonly #random: Random;
  #list: readonly Candidate[] = [];
  /** For a long list only. */
  #table: AliasTable = new AliasTable([]);
  /** By index: the least weight of all ÷ its own weight, in (0, 1]. */
  readonly #lightness: Float64Array = new Float64Array(EXACT_UP_TO);
  /** By index: when its next turn is due (start-time fair queueing). */
  readonly #turns: Float64Array = new Float64Array(EXACT_UP_TO);
  /** The turn that was taken last. */
  #turn = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates !== this.#list) this.#adopt(candidates);
    if (candidates.length > EXACT_UP_TO) return this.#pickDrawn(candidates);
    const index = this.#least(candidates);
    if (candidates.length > 1) this.#takeTurn(index);
    return candidates[index];
  }

  peek<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates !== this.#list) this.#adopt(candidates);
    return candidates.length > EXACT_UP_TO ? undefined : candidates[this.#least(candidates)];
  }

  #adopt(candidates: readonly Candidate[]): void {
    this.#list = candidates;
    if (candidates.length > EXACT_UP_TO) {
      this.#table = new AliasTable(candidates);
      return;
    }
    const lightest = candidates.reduce((least, { weight }) => Math.min(least, weight), Number.POSITIVE_INFINITY);
    this.#turn = 0;
    for (const [index, { weight }] of candidates.entries()) {
      this.#lightness[index] = lightest / weight;
      // At random, or every sidecar of a fleet would begin with the same one.
      this.#turns[index] = (this.#random() * TURN * lightest) / weight;
    }
  }

  /**
   * Index of the one with the least load, and of these the one whose turn is due first; -1 if there is none. Both are
   * compared as one number: a comparison that is nearly always false is several times cheaper than one that is often
   * true, as it would be among equals.
   */
  #least(candidates: readonly Candidate[]): number {
    const lightness = this.#lightness;
    const turns = this.#turns;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < candidates.length; index++) {
      const load = (candidates[index] as Candidate).inFlight * (lightness[index] as number);
      const rank = Math.floor(load * LOAD_STEPS + 0.5) * TURNS + (turns[index] as number);
      if (rank < least) {
        least = rank;
        best = index;
      }
    }
    return best;
  }

  #takeTurn(index: number): void {
    const turns = this.#turns;
    this.#turn = Math.max(this.#turn, turns[index] as number);
    turns[index] = this.#turn + TURN * (this.#lightness[index] as number);
    if (this.#turn < TURNS / 2) return;
    for (let each = 0; each < turns.length; each++) turns[each] = Math.max(0, (turns[each] as number) - this.#turn);
    this.#turn = 0;
  }

  #pickDrawn<C extends Candidate>(candidates: readonly C[]): C {
    let best = candidates[this.#table.draw(this.#random)] as C;
    for (let drawn = 1; drawn < DRAWN && best.inFlight > 0; drawn++) {
      const other = candidates[this.#table.draw(this.#random)] as C;
      if (other.inFlight / other.weight < best.inFlight / best.weight) best = other;
    }
    return best;
  }
}
