import type { Clock } from '../runtime/clock.ts';
import type { Family } from './family.ts';
import { quantile } from './fine-buckets.ts';
import { FineTally, fineGain } from './fine-tally.ts';
import type { Histogram } from './series.ts';

/** What went on lately for one value of the label. */
export interface TrafficSummary {
  readonly perSecond: number;
  /** Of those that were counted, how many had an error type, 0…1; 0 when there were none. */
  readonly errorShare: number;
  /** Milliseconds, within about 3 % of the truth; undefined when there were none. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

interface Totals {
  readonly fine: FineTally;
  errors: number;
}

interface Snapshot {
  readonly atMs: number;
  readonly totals: ReadonlyMap<string, Totals>;
}

/** A summary spans at least this long, unless less has passed since the start. */
const WINDOW_MS = 10_000;
/** Snapshots are this far apart, so that any number of viewers costs no more than one. */
const STEP_MS = 2_000;
/** A reading serves everyone who asks within this long. */
const FRESH_MS = 250;

/**
 * Rate, errors and quantiles of a duration family over the last 10 s (or since the last look, if that was longer ago), by
 * the values of one label. Nothing runs while nobody looks, and two viewers do not take the numbers from each other.
 */
export class RecentTraffic {
  readonly #family: Family<Histogram>;
  readonly #labelIndex: number;
  readonly #errorIndex: number;
  readonly #clock: Clock;
  readonly #snapshots: Snapshot[];
  #now: Snapshot;

  /** `label` is one of the family's, as `upstream`; it must have `error.type` too. */
  constructor(family: Family<Histogram>, label: string, clock: Clock) {
    this.#family = family;
    this.#labelIndex = family.definition.labels.indexOf(label);
    this.#errorIndex = family.definition.labels.indexOf('error.type');
    this.#clock = clock;
    this.#now = { atMs: clock.nowMs(), totals: new Map() };
    this.#snapshots = [this.#now];
  }

  /** What went on lately for this value of the label. */
  of(value: string): TrafficSummary {
    this.#look();
    const base = this.#snapshots[0] ?? this.#now;
    const seconds = (this.#now.atMs - base.atMs) / 1000;
    const now = this.#now.totals.get(value);
    const before = base.totals.get(value);
    if (now === undefined || seconds <= 0) return { perSecond: 0, errorShare: 0, p50Ms: undefined, p99Ms: undefined };
    // A series that was forgotten and begun anew has less than before: it counts from nothing.
    const recent = fineGain(now.fine, before?.fine);
    const count = recent.counts.reduce((sum, inside) => sum + inside, 0);
    const errors = Math.max(0, now.errors - (before?.errors ?? 0));
    return {
      perSecond: count / seconds,
      errorShare: count === 0 ? 0 : Math.min(1, errors / count),
      p50Ms: inMs(quantile(recent, 0.5)),
      p99Ms: inMs(quantile(recent, 0.99)),
    };
  }

  #look(): void {
    const atMs = this.#clock.nowMs();
    if (atMs - this.#now.atMs < FRESH_MS) return;
    this.#now = { atMs, totals: this.#totals() };
    const newest = this.#snapshots.at(-1);
    if (newest === undefined || atMs - newest.atMs >= STEP_MS) this.#snapshots.push(this.#now);
    // The oldest stays as long as the next is not old enough to take its place.
    while (this.#snapshots.length > 2 && atMs - (this.#snapshots[1]?.atMs ?? atMs) >= WINDOW_MS)
      this.#snapshots.shift();
  }

  #totals(): Map<string, Totals> {
    const totals = new Map<string, Totals>();
    for (const { values, series } of this.#family.list()) {
      const value = values[this.#labelIndex] ?? '';
      let total = totals.get(value);
      if (total === undefined) {
        total = { fine: new FineTally(), errors: 0 };
        totals.set(value, total);
      }
      const { fine, count } = series.read();
      total.fine.addAll(fine);
      if (values[this.#errorIndex] !== '') total.errors += count;
    }
    return totals;
  }
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1000;
}
