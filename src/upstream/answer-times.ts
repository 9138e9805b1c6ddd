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

/**
 * How long an endpoint's latest answers took, for people: counts on a log-linear scale (four steps per power of two, from
 * 1/16 ms to 32 s), so that a quantile is right to about 10 %. Holds the last 30 to 60 seconds: answers are counted in one
 * half of the array for 30 s, then in the other, whose older counts are dropped. Counting allocates nothing.
 */
export class AnswerTimes {
  readonly #counts = new Uint32Array(2 * BUCKETS);
  /** Where the half begins that is counted in. */
  #now = 0;
  #sinceMs: number;

  /** @param nowMs the clock's monotonic time */
  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Counts an answer's time. */
  note(latencyMs: number, nowMs: number): void {
    if (nowMs - this.#sinceMs >= SPAN_MS) this.#turn(nowMs);
    const at = this.#now + bucketOf(latencyMs);
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  /** How many answers there were in each bucket of the scale, up to the last that had one; for {@link answerQuantileMs}. */
  read(nowMs: number): readonly number[] {
    if (nowMs - this.#sinceMs >= SPAN_MS) this.#turn(nowMs);
    const counts: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = (this.#counts[bucket] as number) + (this.#counts[bucket + BUCKETS] as number);
      if (count === 0) continue;
      while (counts.length < bucket) counts.push(0);
      counts.push(count);
    }
    return counts;
  }

  /** Begins the other half. After a silence of both halves' length, what is in either is too old. */
  #turn(nowMs: number): void {
    if (nowMs - this.#sinceMs >= 2 * SPAN_MS) this.#counts.fill(0);
    this.#now = BUCKETS - this.#now;
    this.#counts.fill(0, this.#now, this.#now + BUCKETS);
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
