import type { Random } from '../runtime/random.ts';
import { AliasTable } from './alias-table.ts';
import type { Balancer, Candidate } from './balancer.ts';

/** How a {@link TwoChoices} compares: the lower is taken. */
export type Cost = (candidate: Candidate) => number;

/** Requests in flight per weight. */
const load: Cost = ({ inFlight, weight }) => inFlight / weight;

/**
 * Draws two by weight and takes the one that costs less: nearly as even as looking at all, at a fixed price, and many
 * callers that act alike do not all run to the same one (M. Mitzenmacher, "The Power of Two Choices"). Policy `p2c`,
 * with requests in flight as the cost.
 */
export class TwoChoices implements Balancer {
  readonly #random: Random;
  readonly #cost: Cost;
  #list: readonly Candidate[] = [];
  #table: AliasTable = new AliasTable([]);

  constructor(random: Random, cost: Cost = load) {
    this.#random = random;
    this.#cost = cost;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    const size = candidates.length;
    if (size <= 1) return candidates[0];
    if (candidates !== this.#list) {
      this.#list = candidates;
      this.#table = new AliasTable(candidates);
    }
    const one = this.#table.draw(this.#random);
    const two = this.#table.drawOther(one, this.#random);
    const first = candidates[one] as C;
    const second = candidates[two] as C;
    return this.#cost(second) < this.#cost(first) ? second : first;
  }

  peek<C extends Candidate>(candidates: readonly C[]): C | undefined {
    return candidates.length === 1 ? candidates[0] : undefined;
  }
}
