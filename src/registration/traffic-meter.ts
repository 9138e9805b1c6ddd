/** Tells whether callers still come. Whoever serves them implements it; `app-connections.ts` does by looking. */
export interface TrafficMeter {
  /** Requests (or connections) under way now. */
  active(): number;
  /** Requests (or connections) that have begun so far; only ever rises. */
  started(): number;
}
