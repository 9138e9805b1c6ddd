/** The value below which the share `q` (0…1) of sorted values lies; 0 for none. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

/** The middle of some values, and how far they spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median (the mean of the middle two for an even count), least and greatest. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
  return { median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** A mean, and how far from it the true one may well be (two thirds of the time, not further than this). */
export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean of two values or more, and its standard error. */
function meanWithError(values: readonly number[]): Estimate {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return { mean: middle, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
}

/** The mean without the tenth of the values at each end, so that a few disturbed ones do not decide. */
export function trimmedMean(values: readonly number[]): Estimate {
  const cut = Math.floor(values.length / 10);
  return meanWithError(values.toSorted((a, b) => a - b).slice(cut, values.length - cut));
}
