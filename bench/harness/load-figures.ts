/** What the load's side saw of one timed run. */
export interface LoadFigures {
  /** Requests, messages or MiB that came back whole. */
  readonly units: number;
  readonly seconds: number;
  /** Broken connections, time-outs, and answers that are not 2xx. */
  readonly errors: number;
  /** Latencies in ms, where they were taken. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly p999Ms?: number;
  /** Open loop only: how late requests were sent, against their schedule, for want of load-side precision. */
  readonly lateP50Ms?: number;
  readonly lateP99Ms?: number;
  /** Open loop only: requests per second that were asked for. */
  readonly wantedPerSecond?: number;
}
