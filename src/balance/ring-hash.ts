import type { Random } from '../runtime/random.ts';
import type { Balancer, Candidate } from './balancer.ts';
import { HashRing } from './hash-ring.ts';

/** Nobody takes more than this times the average load per weight; the rest goes on to the next on the ring. */
const BOUND = 1.25;
/** Loads that are read again at each pick, in turn: all of a short list, so that its total is exact. */
const REREAD = 8;
/** The same for lists longer than {@link LONG}: the total of so many changes little while it is a round old. */
const REREAD_LONG = 2;
const LONG = 1024;
/** Points that are tried at most; then the least loaded of those seen is taken. */
const MAX_STEPS = 512;

/**
 * The same hash to the same instance, as long as that is there and not overloaded: consistent hashing with bounded loads
 * (Mirrokni, Thorup, Zadimoghaddam). One that comes or goes moves only its own share of the hashes. Without a hash, a
 * random one is used. Policy `ring-hash`.
 */
export class RingHash implements Balancer {
  readonly #random: Random;
  #list: readonly Candidate[] = [];
  #ring: HashRing = new HashRing([]);
  #totalWeight = 0;
  /** Loads as last read, and their sum. */
  #loads: Int32Array = new Int32Array(0);
  #totalLoad = 0;
  #nextRead = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  pick<C extends Candidate>(candidates: readonly C[], hash?: number): C | undefined {
    if (candidates.length <= 1) return candidates[0];
    if (candidates !== this.#list) this.#adopt(candidates);
    this.#reread(candidates);
    return candidates[this.#choose(candidates, hash ?? Math.floor(this.#random() * 2 ** 32))];
  }

  peek<C extends Candidate>(candidates: readonly C[], hash?: number): C | undefined {
    if (candidates.length <= 1) return candidates[0];
    if (hash === undefined) return undefined;
    if (candidates !== this.#list) this.#adopt(candidates);
    this.#reread(candidates);
    return candidates[this.#choose(candidates, hash)];
  }

  #choose(candidates: readonly Candidate[], hash: number): number {
    const ring = this.#ring;
    const perWeight = (BOUND * (this.#totalLoad + 1)) / this.#totalWeight;
    let place = ring.find(hash);
    let best = ring.owner(place);
    let least = Number.POSITIVE_INFINITY;
    for (let step = Math.min(MAX_STEPS, ring.size); step > 0; step--) {
      const index = ring.owner(place);
      const { inFlight, weight } = candidates[index] as Candidate;
      if (inFlight < Math.ceil(perWeight * weight)) return index;
      if (inFlight / weight < least) {
        least = inFlight / weight;
        best = index;
      }
      place = place + 1 === ring.size ? 0 : place + 1;
    }
    return best;
  }

  #adopt(candidates: readonly Candidate[]): void {
    this.#list = candidates;
    this.#ring = new HashRing(candidates);
    this.#loads = Int32Array.from(candidates, ({ inFlight }) => inFlight);
    this.#totalLoad = this.#loads.reduce((sum, load) => sum + load, 0);
    this.#totalWeight = candidates.reduce((sum, { weight }) => sum + weight, 0);
    this.#nextRead = 0;
  }

  /** Keeps the sum of all loads without being told of changes: exact for short lists, a round old for long ones. */
  #reread(candidates: readonly Candidate[]): void {
    const size = candidates.length;
    for (let left = size > LONG ? REREAD_LONG : Math.min(REREAD, size); left > 0; left--) {
      const index = this.#nextRead;
      const { inFlight } = candidates[index] as Candidate;
      this.#totalLoad += inFlight - (this.#loads[index] as number);
      this.#loads[index] = inFlight;
      this.#nextRead = index + 1 === size ? 0 : index + 1;
    }
  }
}
