import { FINE_BUCKETS, fineBucketOf } from './fine-buckets.ts';
import { type FineCounts, FineTally } from './fine-tally.ts';

/** Where a series keeps its numbers: `width` neighbouring slots of a slab, from `offset`. */
interface Slot {
  readonly values: Float64Array;
  readonly offset: number;
}

/** How many series one slab holds at most, and its size limit in slots. */
const SERIES_PER_SLAB = 256;
const SLOTS_PER_SLAB = 4096;

/**
 * Hands out slots of equal width from slabs that never move, so that a bound series may keep the array itself. A
 * freed slot is zeroed and used again.
 */
export class SlotPool {
  readonly #width: number;
  readonly #perSlab: number;
  readonly #free: Slot[] = [];

  /** `width`: numbers per series. */
  constructor(width: number) {
    this.#width = width;
    this.#perSlab = Math.max(1, Math.min(SERIES_PER_SLAB, Math.floor(SLOTS_PER_SLAB / width)));
  }

  /** A zeroed slot. */
  take(): Slot {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const values = new Float64Array(this.#width * this.#perSlab);
    for (let index = this.#perSlab - 1; index > 0; index--) this.#free.push({ values, offset: index * this.#width });
    return { values, offset: 0 };
  }

  /** Takes a slot back. The caller must have let go of it. */
  give(slot: Slot): void {
    slot.values.fill(0, slot.offset, slot.offset + this.#width);
    this.#free.push(slot);
  }
}

/**
 * A series with its label values fixed: an array and a place in it. After its series is gone ({@link Registry.forget})
 * a handle works on an array of its own, so that a request that ends late cannot land in a series that took the slot.
 */
abstract class Series {
  protected values: Float64Array;
  protected offset: number;

  constructor(slot: Slot) {
    this.values = slot.values;
    this.offset = slot.offset;
  }

  /** Cuts the handle off from its slot, of `width` numbers, and returns the slot. Called by the family alone. */
  release(width: number): Slot {
    const slot = { values: this.values, offset: this.offset };
    this.values = new Float64Array(width);
    this.offset = 0;
    return slot;
  }
}

/** Counts up. `add` costs one array write. */
export class Counter extends Series {
  #observed = 0;

  /** Adds `n` ≥ 0. */
  add(n: number): void {
    this.values[this.offset] = (this.values[this.offset] as number) + n;
  }

  /**
   * Takes over a total that is counted elsewhere (CPU time, a client's own statistics), so that it is exported as the
   * counter it is. Called before a scrape; never lets the total fall.
   */
  observe(total: number): void {
    if (total <= this.#observed) return;
    this.add(total - this.#observed);
    this.#observed = total;
  }

  get value(): number {
    return this.values[this.offset] as number;
  }
}

/** One value that goes up and down. */
export class Gauge extends Series {
  set(value: number): void {
    this.values[this.offset] = value;
  }

  /** Adds `n`, which may be negative. */
  add(n: number): void {
    this.values[this.offset] = (this.values[this.offset] as number) + n;
  }

  get value(): number {
    return this.values[this.offset] as number;
  }
}

/** A recent measurement and the trace it belongs to; shown beside its bucket in OpenMetrics. */
export interface Exemplar {
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/** What a histogram holds at one moment; copies, safe to keep. */
export interface HistogramReading {
  readonly sum: number;
  readonly count: number;
  /** Not cumulative; one more than there are bounds, the last for what is above all of them. */
  readonly buckets: Float64Array;
  /** Counts on the finer scale, for quantiles. */
  readonly fine: FineCounts;
}

/** What a histogram gained between two readings. */
export interface HistogramGain extends Omit<HistogramReading, 'count'> {
  /** Exemplars that are new, with the number of their bucket. */
  readonly exemplars: readonly (readonly [bucket: number, exemplar: Exemplar])[];
}

/** Upper bounds (inclusive, as Prometheus' `le`), with a table that says where the search for a value may start. */
export class Bounds {
  readonly upper: Float64Array;
  /** For each fine bucket the first bound that a value in it may be below: the search ends after a step or two. */
  readonly #first: Uint8Array;

  /** `upper` must rise. At most 255 of them. */
  constructor(upper: readonly number[]) {
    this.upper = Float64Array.from(upper);
    this.#first = new Uint8Array(FINE_BUCKETS);
    for (let index = upper.length - 1; index >= 0; index--) {
      this.#first.fill(index, 0, fineBucketOf(upper[index] as number) + 1);
    }
    const last = fineBucketOf(upper.at(-1) ?? 0);
    this.#first.fill(upper.length, last + 1);
  }

  /** The bucket that `value` falls into; the one above all bounds has the highest number. @param fine its fine bucket */
  bucketOf(value: number, fine: number): number {
    let bucket = this.#first[fine] as number;
    while (bucket < this.upper.length && value > (this.upper[bucket] as number)) bucket++;
    return bucket;
  }
}

/** Anything but a number above 0 is none: one NaN would spoil the sum for good. */
function countable(measured: number): number {
  if (measured > 0) return measured;
  return 0;
}

/** A histogram's slots: the sum, the buckets with the one above all bounds. The fine buckets are its own. */
export function histogramWidth(bounds: Bounds): number {
  return 1 + bounds.upper.length + 1;
}

/** Values that are measured, but not counted yet. */
export interface LateValues {
  /** Counts them. */
  settle(): void;
}

const NOBODY: readonly LateValues[] = [];

/**
 * One histogram with its label values fixed: the contract's buckets for export, and finer ones for the dashboard's
 * quantiles. `record` allocates nothing, but where a value lies outside the range of all before it.
 */
export class Histogram extends Series {
  readonly bounds: Bounds;
  #fine = new FineTally();
  #exemplars: (Exemplar | undefined)[] | undefined;
  #late: readonly LateValues[] = NOBODY;

  constructor(slot: Slot, bounds: Bounds) {
    super(slot);
    this.bounds = bounds;
  }

  /** Counts `measured`, in the family's unit; NaN and negatives count as 0. Returns its bucket. */
  record(measured: number): number {
    const value = countable(measured);
    const fine = fineBucketOf(value);
    const bucket = this.bounds.bucketOf(value, fine);
    this.#count(value, bucket, fine);
    return bucket;
  }

  /** {@link record}, here and in another histogram of the same bounds: the bucket is looked for once. */
  recordWith(other: Histogram, measured: number): void {
    const value = countable(measured);
    const fine = fineBucketOf(value);
    const bucket = this.bounds.bucketOf(value, fine);
    this.#count(value, bucket, fine);
    other.#count(value, bucket, fine);
  }

  /** What is counted before each reading. */
  get late(): readonly LateValues[] {
    return this.#late;
  }

  /** Has `late` counted before each reading. */
  readsAfter(late: LateValues): void {
    this.#late = this.#late.concat(late);
  }

  /** {@link record}, and remembers the trace of the value as its bucket's exemplar. For sampled requests only. */
  recordTraced(exemplar: Exemplar): void {
    const bucket = this.record(exemplar.value);
    this.#exemplars ??= new Array(this.bounds.upper.length + 1).fill(undefined);
    this.#exemplars[bucket] = exemplar;
  }

  /** Adds what another process's histogram of the same bounds gained. */
  absorb({ sum, buckets, fine, exemplars }: HistogramGain): void {
    const start = this.offset + 1;
    this.values[this.offset] = (this.values[this.offset] as number) + sum;
    for (const [index, value] of buckets.entries()) {
      this.values[start + index] = (this.values[start + index] as number) + value;
    }
    this.#fine.addAll(fine);
    if (exemplars.length > 0) this.#exemplars ??= new Array(buckets.length).fill(undefined);
    for (const [bucket, exemplar] of exemplars) if (this.#exemplars !== undefined) this.#exemplars[bucket] = exemplar;
  }

  /** The newest exemplar of a bucket. */
  exemplar(bucket: number): Exemplar | undefined {
    return this.#exemplars?.[bucket];
  }

  read(): HistogramReading {
    for (const late of this.#late) late.settle();
    const start = this.offset + 1;
    const buckets = this.values.slice(start, start + this.bounds.upper.length + 1);
    let count = 0;
    for (const inside of buckets) count += inside;
    return { sum: this.values[this.offset] as number, count, buckets, fine: this.#fine.copy() };
  }

  #count(value: number, bucket: number, fine: number): void {
    const { values, offset } = this;
    values[offset] = (values[offset] as number) + value;
    const at = offset + 1 + bucket;
    values[at] = (values[at] as number) + 1;
    this.#fine.add(fine, 1);
  }

  override release(width: number): Slot {
    this.#exemplars = undefined;
    this.#fine = new FineTally();
    return super.release(width);
  }
}
