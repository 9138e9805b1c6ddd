/** Steps per power of two. */
const STEPS_BITS = 2;
const STEPS = 1 << STEPS_BITS;
/** The finest step: 1/16 ms. */
const UNITS_PER_MS = 16;
const OCTAVES = 19;
/** Buckets of the scale; the last also takes what is above it (32 s). */
const BUCKETS = (OCTAVES - 1) * STEPS;
const HIGHEST = 2 ** OCTAVES - 1;
/** How long answers are counted before they begin to be forgotten. */
const SPAN_MS = 30_000;

/** Counts grow by so many buckets: two powers of two. */
const GROWTH = 2 * STEPS;
/** For those that have counted nothing; never written. */
const NONE: number[] = [];

/**
 * How long an endpoint's latest answers took, for people: counts on a log-linear scale (four steps per power of two, from
 * 1/16 ms to 32 s), so that a quantile is right to about 10 %. Holds the last 30 to 60 seconds: answers are counted for
 * 30 s, and then in new counts, beside which the old ones stay as long again. The counts reach as far as the longest
 * answer, so counting seldom allocates.
 */
export class AnswerTimes {
  #now = NONE;
  #before = NONE;
  #sinceMs: number;

  /** @param nowMs the clock's monotonic time */
  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Counts an answer's time. */
  note(latencyMs: number, nowMs: number): void {
    if (nowMs - this.#sinceMs >= SPAN_MS) this.#turn(nowMs);
    const bucket = bucketOf(latencyMs);
    if (bucket >= this.#now.length) {
      const length = Math.min(BUCKETS, (Math.floor(bucket / GROWTH) + 1) * GROWTH);
      this.#now = this.#now.concat(new Array<number>(length - this.#now.length).fill(0));
    }
    this.#now[bucket] = (this.#now[bucket] as number) + 1;
  }

  /** How many answers there were in each bucket of the scale, up to the last that had one; for {@link answerQuantileMs}. */
  read(nowMs: number): readonly number[] {
    if (nowMs - this.#sinceMs >= SPAN_MS) this.#turn(nowMs);
    const counts = addedCounts(this.#now, this.#before);
    return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
  }

  /** Begins new counts. After a silence of twice the span, the last ones are too old as well. */
  #turn(nowMs: number): void {
    this.#before = nowMs - this.#sinceMs >= 2 * SPAN_MS ? NONE : this.#now;
    this.#now = NONE;
    this.#sinceMs = nowMs;
  }
}

/**
 * The time within which a share `q` (0…1) of the counted answers came, in milliseconds, interpolated inside its bucket.
 * Undefined when there was none.
 */
export function answerQuantileMs(counts: readonly number[], q: number): number | undefined {
  let left = q * counts.reduce((sum, count) => sum + count, 0);
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && left <= count) {
      const start = startMs(bucket);
      return start + (startMs(bucket + 1) - start) * (left / count);
    }
    left -= count;
  }
  return undefined;
}

/** The numbers of several processes as one. */
export function addedCounts(one: readonly number[], other: readonly number[]): readonly number[] {
  const [longer, shorter] = one.length >= other.length ? [one, other] : [other, one];
  return longer.map((count, bucket) => count + (shorter[bucket] ?? 0));
}

function bucketOf(latencyMs: number): number {
  const units = Math.min(latencyMs * UNITS_PER_MS, HIGHEST) | 0;
  if (units < STEPS) return Math.max(units, 0);
  const octave = 31 - Math.clz32(units);
  return (octave - STEPS_BITS) * STEPS + (units >>> (octave - STEPS_BITS));
}

/** The lower edge of a bucket. */
function startMs(bucket: number): number {
  if (bucket < STEPS) return bucket / UNITS_PER_MS;
  const octave = Math.floor(bucket / STEPS) - 1;
  return ((STEPS + (bucket % STEPS)) * 2 ** octave) / UNITS_PER_MS;
}
