/** What came of a load. */
export interface LoadReport {
  readonly requests: number;
  /** Answered with 400 or above, or not wholly, or not at all. */
  readonly failed: number;
  readonly gets: number;
  readonly failedGets: number;
  /** Ids of the POSTs that failed. */
  readonly failedPosts: readonly string[];
  /** POSTs under way when the fault happened, at all instances. */
  readonly postsAtMark: number;
  /** Given up by the caller before the answer; neither failed nor answered. */
  readonly givenUp: number;
  /** The longest time between two successful answers. */
  readonly worstGapMs: number;
  /** From the fault to the end of the last request that failed or took over 250 ms; 0 when there was none. */
  readonly recoveryMs: number;
  /** From when a request was due to the end of its answer. */
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How late the load itself was at worst: the error of the times. */
  readonly lateMs: number;
  /** Successful answers. */
  readonly byInstance: ReadonlyMap<string, number>;
  /** Answers by status, and `broken`. */
  readonly byStatus: ReadonlyMap<string, number>;
  /** The first few failures, in words. */
  readonly failures: readonly string[];
}
