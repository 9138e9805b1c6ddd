import type { Family } from './family.ts';
import { boundedMethod } from './http-method.ts';
import type { Histogram } from './series.ts';

/** Statuses that can be told apart; others count as this upper end. */
const MAX_STATUS = 599;

/**
 * The request durations of one upstream, by method, status and error, each bound at its first use: recording is then two
 * look-ups and no allocation. Made once per upstream and family; after {@link Registry.forget} a new one is made.
 */
export class RequestSeries {
  readonly #family: Family<Histogram>;
  readonly #upstream: string;
  readonly #byMethod = new Map<string, (Histogram | undefined)[]>();
  readonly #failed = new Map<string, Histogram>();

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
    const byStatus = this.#byMethod.get(method) ?? this.#open(method);
    return byStatus[status] ?? this.#bind(byStatus, method, status);
  }

  #open(method: string): (Histogram | undefined)[] {
    const bounded = boundedMethod(method);
    const known = this.#byMethod.get(bounded);
    if (known !== undefined) return known;
    const byStatus: (Histogram | undefined)[] = new Array(MAX_STATUS + 1).fill(undefined);
    this.#byMethod.set(bounded, byStatus);
    return byStatus;
  }

  #bind(byStatus: (Histogram | undefined)[], method: string, status: number): Histogram {
    const known = status >= 100 && status <= MAX_STATUS ? status : 0;
    const text = known === 0 ? '' : String(known);
    const series = this.#family.bind(this.#upstream, boundedMethod(method), text, known >= 500 ? text : '');
    byStatus[known] = series;
    return series;
  }

  #failure(method: string, status: number, errorType: string): Histogram {
    const bounded = boundedMethod(method);
    const key = `${bounded} ${status} ${errorType}`;
    let series = this.#failed.get(key);
    if (series === undefined) {
      const text = status >= 100 && status <= MAX_STATUS ? String(status) : '';
      series = this.#family.bind(this.#upstream, bounded, text, errorType);
      this.#failed.set(key, series);
    }
    return series;
  }
}
