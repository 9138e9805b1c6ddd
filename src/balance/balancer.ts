/** One that may be picked, as a policy sees it. */
export interface Candidate {
  /** Stable identity: the same endpoint in the next list has the same id. */
  readonly id: string;
  /** Requests (or connections) that it holds now. */
  readonly inFlight: number;
  /** Its share relative to the others; above 0. */
  readonly weight: number;
  /** Peak-sensitive moving average of its answer times, ms; 0 while unknown. Only `peak-ewma` reads it. */
  readonly latencyMs: number;
}

/**
 * A balancing policy. Holds the cursor and whatever else the policy needs between picks; load and health belong to the
 * candidates.
 *
 * `candidates` is the same array, by identity, until the list changes, so a policy may keep what it derived from it;
 * `inFlight` and `latencyMs` change between picks, `id` and `weight` do not. An implementation allocates nothing per
 * pick.
 */
export interface Balancer {
  /**
   * Returns one of `candidates`; undefined only for an empty list. Never filters: what must not be used is not in the
   * list.
   * @param hash 32-bit hash of what the request is to stick to; only `ring-hash` reads it
   */
  pick<C extends Candidate>(candidates: readonly C[], hash?: number): C | undefined;
  /**
   * The one that {@link pick} would return now, without moving anything; undefined when chance decides. For `explain`,
   * so it may be slower than a pick.
   */
  peek<C extends Candidate>(candidates: readonly C[], hash?: number): C | undefined;
}
