/** How many requests have ended, and how. */
export interface UpstreamTotals {
  responded: number;
  failed: number;
  cancelled: number;
  /** Refused over `limits.requests`. */
  limited: number;
}
