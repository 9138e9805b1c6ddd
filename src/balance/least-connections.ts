import type { Random } from '../runtime/random.ts';
import { AliasTable } from './alias-table.ts';
import type { Balancer, Candidate } from './balancer.ts';

/** Up to here all are looked at; beyond, a few drawn by weight. */
const EXACT_UP_TO = 256;
/** How many are drawn from a long list: the busiest of n is then within ln ln n ÷ ln 3 of the average. */
const DRAWN = 3;

/**
 * The one with the fewest requests in flight per weight; among equals, one at random by weight. Exact up to
 * {@link EXACT_UP_TO} candidates, the best of {@link DRAWN} beyond. Policy `least-connections`.
 */
export class LeastConnections implements Balancer {
  readonly #random: Random;
  #list: readonly Candidate[] = [];
  #table: AliasTable = new AliasTable([]);
  /** Indices of those that share the least load, in the scan under way. */
  readonly #tied: Int32Array = new Int32Array(EXACT_UP_TO);

  constructor(random: Random) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates.length > EXACT_UP_TO) return this.#pickDrawn(candidates);
    const count = this.#scan(candidates);
    if (count <= 1) return candidates[count === 0 ? -1 : (this.#tied[0] as number)];
    return candidates[this.#drawTied(candidates, count)];
  }

  peek<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates.length > EXACT_UP_TO || this.#scan(candidates) !== 1) return undefined;
    return candidates[this.#tied[0] as number];
  }

  /** Collects those with the least load; returns how many there are. */
  #scan(candidates: readonly Candidate[]): number {
    const tied = this.#tied;
    let least = Number.POSITIVE_INFINITY;
    let count = 0;
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index] as Candidate;
      const load = candidate.inFlight / candidate.weight;
      if (load > least) continue;
      if (load < least) {
        least = load;
        count = 0;
      }
      tied[count++] = index;
    }
    return count;
  }

  /** One of the first `count` of the tied, by weight. */
  #drawTied(candidates: readonly Candidate[], count: number): number {
    const tied = this.#tied;
    let total = 0;
    for (let place = 0; place < count; place++) total += (candidates[tied[place] as number] as Candidate).weight;
    let point = this.#random() * total;
    for (let place = 0; place < count; place++) {
      point -= (candidates[tied[place] as number] as Candidate).weight;
      if (point < 0) return tied[place] as number;
    }
    return tied[count - 1] as number;
  }

  #pickDrawn<C extends Candidate>(candidates: readonly C[]): C {
    if (candidates !== this.#list) {
      this.#list = candidates;
      this.#table = new AliasTable(candidates);
    }
    let best = candidates[this.#table.draw(this.#random)] as C;
    for (let drawn = 1; drawn < DRAWN && best.inFlight > 0; drawn++) {
      const other = candidates[this.#table.draw(this.#random)] as C;
      if (other.inFlight / other.weight < best.inFlight / best.weight) best = other;
    }
    return best;
  }
}
