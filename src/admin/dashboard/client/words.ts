/** A duration as people say it: `0.4 ms`, `12 ms`, `1.2 s`; `–` when there is none. */
export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** How long ago: `now`, `12 s`, `3 min`, `2 h`, `4 d`; `–` when never. */
export function ago(at: number | undefined, now: number): string {
  if (at === undefined) return '–';
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 2) return 'now';
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** {@link ago} as a sentence ends: `now`, `12 s ago`. */
export function since(at: number, now: number): string {
  const text = ago(at, now);
  return text === 'now' ? text : `${text} ago`;
}

/** A share as a percentage: `0 %`, `0.3 %`, `12 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0 %';
  return value < 10 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`;
}

const grouping = new Intl.NumberFormat('en');

/** A whole number with its thousands apart: `1,204`. */
export function whole(value: number): string {
  return grouping.format(value);
}

const collator = new Intl.Collator('en', { numeric: true });

/** Which of two names comes first: `orders-2` before `orders-10`. */
export function compareNames(one: string, other: string): number {
  return collator.compare(one, other);
}

/** A rate: `0`, `0.4`, `12`, `1,204`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(1) : whole(Math.round(perSecond));
}

/** The time of day, in the viewer's zone. */
export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}
