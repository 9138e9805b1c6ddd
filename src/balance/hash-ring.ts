import type { Candidate } from './balancer.ts';

/** Points of a candidate of average weight: with so many, shares differ by about 1 ÷ √160 = 8 %. */
const MAX_POINTS_EACH = 160;
const MIN_POINTS_EACH = 16;
/** Beyond this many points in all, candidates get fewer each: building the ring must not hold up the event loop. */
const POINTS_IN_ALL = 2 ** 18;

/**
 * A consistent-hash ring: each candidate owns points in proportion to its weight, at places that depend on its id alone,
 * so that one that comes or goes moves only its own share. Points are kept in buckets by their upper bits; finding one
 * takes constant time, and so does sorting each.
 */
export class HashRing {
  readonly #points: Uint32Array;
  readonly #owners: Int32Array;
  /** Where the points of each bucket begin; one more at the end. */
  readonly #begin: Int32Array;
  readonly #shift: number;

  constructor(candidates: readonly Candidate[]) {
    const counts = pointCounts(candidates);
    let size = 0;
    for (const count of counts) size += count;
    const bits = Math.max(1, Math.ceil(Math.log2(size + 1)));
    this.#shift = 32 - bits;
    this.#points = new Uint32Array(size);
    this.#owners = new Int32Array(size);
    this.#begin = new Int32Array(2 ** bits + 1);
    this.#fill(candidates, counts);
  }

  /** How many points there are. */
  get size(): number {
    return this.#points.length;
  }

  /** The place of the first point at or after `hash`, going round at the end. */
  find(hash: number): number {
    const key = scramble(hash);
    const points = this.#points;
    let place = this.#begin[key >>> this.#shift] as number;
    while (place < points.length && (points[place] as number) < key) place += 1;
    return place === points.length ? 0 : place;
  }

  /** Index of the candidate that owns the point at `place`. */
  owner(place: number): number {
    return this.#owners[place] as number;
  }

  #fill(candidates: readonly Candidate[], counts: Int32Array): void {
    const size = this.#points.length;
    const begin = this.#begin;
    const points = new Uint32Array(size);
    const owners = new Int32Array(size);
    let made = 0;
    for (const [owner, { id }] of candidates.entries()) {
      const seed = hashText(id, 0x811c9dc5);
      const step = hashText(id, 0x2f0b4a27) | 1;
      for (let nth = 0; nth < (counts[owner] as number); nth++) {
        const point = scramble((seed + Math.imul(nth, step)) | 0);
        const bucket = point >>> this.#shift;
        points[made] = point;
        owners[made++] = owner;
        begin[bucket + 1] = (begin[bucket + 1] as number) + 1;
      }
    }
    for (let bucket = 1; bucket < begin.length; bucket++) {
      begin[bucket] = (begin[bucket] as number) + (begin[bucket - 1] as number);
    }
    const end = begin.slice();
    for (let nth = 0; nth < size; nth++) this.#insert(points[nth] as number, owners[nth] as number, end);
  }

  /** Puts a point into its bucket, in order; `end` holds where each bucket ends so far. */
  #insert(point: number, owner: number, end: Int32Array): void {
    const bucket = point >>> this.#shift;
    const first = this.#begin[bucket] as number;
    let place = end[bucket] as number;
    end[bucket] = place + 1;
    for (; place > first && (this.#points[place - 1] as number) > point; place--) {
      this.#points[place] = this.#points[place - 1] as number;
      this.#owners[place] = this.#owners[place - 1] as number;
    }
    this.#points[place] = point;
    this.#owners[place] = owner;
  }
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
