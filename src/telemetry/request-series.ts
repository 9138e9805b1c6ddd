import type { Family } from './family.ts';
import { boundedMethod } from './http-method.ts';
import type { Histogram } from './series.ts';

/** Statuses that can be told apart; anything else counts as no answer. */
const MIN_STATUS = 100;
const MAX_STATUS = 599;

const NONE: readonly MethodSeries[] = [];

/** The series of one method. The last one used is at hand: most requests end like the one before. */
interface MethodSeries {
  readonly method: string;
  lastStatus: number;
  last: Histogram | undefined;
  /** Undefined until there is a second one: most methods of an upstream have one status. */
  byStatus: Map<number, Histogram> | undefined;
}

/**
 * The request durations of one upstream, by method, status and error, each bound at its first use: recording is then one
 * or two look-ups and no allocation. Made once per upstream and family; after {@link Registry.forget} a new one is made.
 */
export class RequestSeries {
  readonly #family: Family<Histogram>;
  readonly #upstream: string;
  /** A handful at most, so that walking them costs no more than a table, which a thousand upstreams would each hold. */
  #methods: readonly MethodSeries[] = NONE;
  #failed: Map<string, Histogram> | undefined;

  /** `family`: `serverDuration` or `clientDuration`. `upstream`: its key, empty for requests that found none. */
  constructor(family: Family<Histogram>, upstream: string) {
    this.#family = family;
    this.#upstream = upstream;
  }

  /**
   * The histogram for a request. `status` 0: there was no answer. `errorType`: the code of an error of our table, when
   * that and not the status says how it ended; empty otherwise, and then a status from 500 on stands for itself.
   */
  of(method: string, status: number, errorType: string): Histogram {
    if (errorType !== '') return this.#failure(method, status, errorType);
    const series = this.#known(method) ?? this.#open(boundedMethod(method));
    if (series.lastStatus === status && series.last !== undefined) return series.last;
    const histogram = series.byStatus?.get(status) ?? this.#bind(series, status);
    series.last = histogram;
    series.lastStatus = status;
    return histogram;
  }

  #known(method: string): MethodSeries | undefined {
    for (const series of this.#methods) if (series.method === method) return series;
    return undefined;
  }

  #open(method: string): MethodSeries {
    const known = this.#known(method);
    if (known !== undefined) return known;
    const series = { method, lastStatus: -1, last: undefined, byStatus: undefined };
    // Of exactly the length that is needed, unlike what `push` or a spread make.
    this.#methods = this.#methods.concat(series);
    return series;
  }

  #bind(series: MethodSeries, status: number): Histogram {
    const { method, last, lastStatus } = series;
    const text = statusText(status);
    const histogram = this.#family.bind(this.#upstream, method, text, status >= 500 ? text : '');
    if (last === undefined || (text === '' && status !== 0)) return histogram;
    series.byStatus ??= statusText(lastStatus) !== '' || lastStatus === 0 ? new Map([[lastStatus, last]]) : new Map();
    series.byStatus.set(status, histogram);
    return histogram;
  }

  #failure(method: string, status: number, errorType: string): Histogram {
    const bounded = boundedMethod(method);
    const text = statusText(status);
    const key = `${bounded} ${text} ${errorType}`;
    this.#failed ??= new Map();
    let histogram = this.#failed.get(key);
    if (histogram === undefined) {
      histogram = this.#family.bind(this.#upstream, bounded, text, errorType);
      this.#failed.set(key, histogram);
    }
    return histogram;
  }
}

function statusText(status: number): string {
  return status >= MIN_STATUS && status <= MAX_STATUS ? String(status) : '';
}
