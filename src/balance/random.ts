import type { Random as Chance } from '../runtime/random.ts';
import { AliasTable } from './alias-table.ts';
import type { Balancer, Candidate } from './balancer.ts';

/** Any of them, with a chance in proportion to its weight. Policy `random`. */
export class RandomChoice implements Balancer {
  readonly #chance: Chance;
  #list: readonly Candidate[] = [];
  #table: AliasTable = new AliasTable([]);

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    if (candidates !== this.#list) {
      this.#list = candidates;
      this.#table = new AliasTable(candidates);
    }
    return candidates[this.#table.draw(this.#chance)];
  }

  peek<C extends Candidate>(candidates: readonly C[]): C | undefined {
    return candidates.length === 1 ? candidates[0] : undefined;
  }
}
