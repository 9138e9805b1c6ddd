import type { FineCounts } from './fine-tally.ts';

/**
 * A log-linear scale (as in HdrHistogram): each power of two is cut into 16 equal steps, so that a bucket is never wider
 * than 6.25 % of its lower edge and a quantile read from it is off by about 3 % at most. From 2^-14 s (61 µs) to 2^7 s
 * (128 s); what is smaller or larger falls into a bucket at either end.
 */
const STEPS_BITS = 4;
const STEPS = 1 << STEPS_BITS;
const MIN_EXPONENT = -14;
const MAX_EXPONENT = 7;

/** How many buckets the scale has, the two open ones included. */
export const FINE_BUCKETS: number = (MAX_EXPONENT - MIN_EXPONENT) * STEPS + 2;

const lowest = 2 ** MIN_EXPONENT;
const highest = 2 ** MAX_EXPONENT;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
float[0] = 1;
/** Which half holds the sign and exponent: 1 on little-endian machines. */
const HIGH = words[1] === 0 ? 0 : 1;
/** Takes the biased exponent of 2^MIN_EXPONENT away, so that its first bucket is number 1. */
const BASE = ((1023 + MIN_EXPONENT) << STEPS_BITS) - 1;

/** The bucket of `value`, read from the exponent and the first bits of the mantissa. NaN and negatives fall into bucket 0. */
export function fineBucketOf(value: number): number {
  if (!(value >= lowest)) return 0;
  if (value >= highest) return FINE_BUCKETS - 1;
  float[0] = value;
  return ((words[HIGH] as number) >>> (20 - STEPS_BITS)) - BASE;
}

/** The lower edge of a bucket; 0 for the first. A bucket ends where the next begins. */
export function fineBucketStart(bucket: number): number {
  if (bucket <= 0) return 0;
  const step = bucket - 1;
  return 2 ** (MIN_EXPONENT + Math.floor(step / STEPS)) * (1 + (step % STEPS) / STEPS);
}

/**
 * The value below which a share `q` (0…1) of the counted values lie, interpolated inside its bucket. Undefined when
 * nothing was counted. Values beyond the scale read as its edge.
 */
export function quantile({ from, counts }: FineCounts, q: number): number | undefined {
  let total = 0;
  for (const inside of counts) total += inside;
  if (total === 0) return undefined;
  let left = Math.min(Math.max(q, 0), 1) * total;
  for (const [index, inside] of counts.entries()) {
    if (inside > 0 && left <= inside) {
      const bucket = from + index;
      const start = fineBucketStart(bucket);
      const end = bucket === FINE_BUCKETS - 1 ? start : fineBucketStart(bucket + 1);
      return start + (end - start) * (left / inside);
    }
    left -= inside;
  }
  return highest;
}
