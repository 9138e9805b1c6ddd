/** How a bridge behaves. Its defaults are the command line's (`pilotfish marathon`). */
export interface BridgeSettings {
  /** Marks what is this bridge's own in Consul: tag `consular-reg-id=<id>`. */
  readonly registrationId: string;
  /** A whole sync this often; undefined: only at the start, when told to, and to try again what failed. */
  readonly syncIntervalMs: number | undefined;
  /** Whether a sync takes away own services and labels that Marathon has no more. Events do that in any case. */
  readonly purge: boolean;
  /**
   * The share (0…1) of own services, the newly registered ones included, that one sync may take away without an event
   * that says so. Above it, nothing that Marathon is silent about is taken away: its answer may be incomplete.
   */
  readonly maxPurge: number;
  /** Whether the main agent takes what the agent on a task's host does not. */
  readonly fallback: boolean;
  /** How long a call to the agent on a task's host may take while there is a fallback. */
  readonly fallbackTimeoutMs: number;
  /** Whether Marathon's health checks become Consul's. */
  readonly healthChecks: boolean;
}
