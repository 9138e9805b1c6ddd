import type { Candidate } from './balancer.ts';

/** Points of a candidate of average weight: with so many, shares differ by about 1 ÷ √160 = 8 %. */
const MAX_POINTS_EACH = 160;
const MIN_POINTS_EACH = 8;
/** Beyond this many points in all, candidates get fewer each: building the ring must not hold up the event loop. */
const POINTS_IN_ALL = 2 ** 16;

/** Points per bucket on average: few to search, and still few enough buckets for a processor's cache. */
const POINTS_PER_BUCKET = 4;

/**
 * A consistent-hash ring: each candidate owns points in proportion to its weight, at places that depend on its id alone,
 * so that one that comes or goes moves only its own share. Points lie in order, in buckets by their upper bits: finding
 * one takes constant time, and so does putting each in its place.
 */
export class HashRing {
  /** How many points there are. */
  readonly size: number;
  /** Each point and, beside it for the cache's sake, its owner's index. */
  readonly #points: Uint32Array;
  /** Where the points of each bucket begin; one more at the end. */
  readonly #begin: Uint32Array;
  readonly #shift: number;

  constructor(candidates: readonly Candidate[]) {
    const counts = pointCounts(candidates);
    this.size = counts.reduce((sum, count) => sum + count, 0);
    const bits = Math.max(1, Math.ceil(Math.log2((this.size + 1) / POINTS_PER_BUCKET)));
    this.#shift = 32 - bits;
    this.#points = new Uint32Array(2 * this.size);
    this.#begin = new Uint32Array(2 ** bits + 1);
    this.#fill(scatter(candidates, counts, this.size));
  }

  /** The place of the first point at or after `hash`, going round at the end. */
  find(hash: number): number {
    const key = scramble(hash);
    const points = this.#points;
    let place = this.#begin[key >>> this.#shift] as number;
    while (place < this.size && (points[2 * place] as number) < key) place += 1;
    return place === this.size ? 0 : place;
  }

  /** Index of the candidate that owns the point at `place`. */
  owner(place: number): number {
    return this.#points[2 * place + 1] as number;
  }

  /** Counts how many points each bucket gets, then puts each point into its bucket, in order. */
  #fill(unsorted: Uint32Array): void {
    const begin = this.#begin;
    for (let at = 0; at < unsorted.length; at += 2) {
      const bucket = (unsorted[at] as number) >>> this.#shift;
      begin[bucket + 1] = (begin[bucket + 1] as number) + 1;
    }
    for (let bucket = 1; bucket < begin.length; bucket++) {
      begin[bucket] = (begin[bucket] as number) + (begin[bucket - 1] as number);
    }
    const end = begin.slice();
    for (let at = 0; at < unsorted.length; at += 2)
      this.#insert(unsorted[at] as number, unsorted[at + 1] as number, end);
  }

  /** `end` holds where each bucket ends so far. */
  #insert(point: number, owner: number, end: Uint32Array): void {
    const points = this.#points;
    const bucket = point >>> this.#shift;
    const first = this.#begin[bucket] as number;
    let place = end[bucket] as number;
    end[bucket] = place + 1;
    for (; place > first && (points[2 * place - 2] as number) > point; place--) {
      points[2 * place] = points[2 * place - 2] as number;
      points[2 * place + 1] = points[2 * place - 1] as number;
    }
    points[2 * place] = point;
    points[2 * place + 1] = owner;
  }
}

/** Every candidate's points, each followed by its owner's index, in no order. */
function scatter(candidates: readonly Candidate[], counts: Int32Array, size: number): Uint32Array {
  const points = new Uint32Array(2 * size);
  let made = 0;
  for (let owner = 0; owner < candidates.length; owner++) {
    const { id } = candidates[owner] as Candidate;
    const step = scramble(hashText(id, 0x2f0b4a27)) | 1;
    let seed = scramble(hashText(id, 0x811c9dc5));
    for (let left = counts[owner] as number; left > 0; left--) {
      points[made] = scramble(seed);
      points[made + 1] = owner;
      made += 2;
      seed = (seed + step) | 0;
    }
  }
  return points;
}

/**
 * How many points each candidate gets. The number for an average weight changes only when the list doubles or halves,
 * and the average is taken to the next power of two: else each change of the list would move everything a little.
 */
function pointCounts(candidates: readonly Candidate[]): Int32Array {
  const counts = new Int32Array(candidates.length);
  if (candidates.length === 0) return counts;
  const ceiling = 2 ** Math.ceil(Math.log2(candidates.length));
  const each = Math.min(MAX_POINTS_EACH, Math.max(MIN_POINTS_EACH, Math.floor(POINTS_IN_ALL / ceiling)));
  let total = 0;
  for (const { weight } of candidates) total += weight;
  const average = 2 ** Math.round(Math.log2(total / candidates.length));
  for (const [index, { weight }] of candidates.entries()) {
    counts[index] = Math.max(1, Math.round((each * weight) / average));
  }
  return counts;
}

/** FNV-1a over the UTF-16 units of `text`, from `basis`. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Spreads every bit of a 32-bit number over all (MurmurHash3's finalizer); the result is unsigned. */
function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
