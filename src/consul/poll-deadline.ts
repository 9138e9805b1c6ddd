/** What a blocking read waits when neither the call nor the client says. */
export const DEFAULT_WAIT_MS = 55_000;
/** Consul waits no longer, whatever is asked. */
const MAX_WAIT_MS = 600_000;
/** How long an agent without a leader holds a call before it says so. */
const LEADER_HOLD_MS = 7_000;
/** For the network and a busy agent. */
const MARGIN_MS = 3_000;

/** A wait that Consul takes as it is: one of 0 or less would mean 5 min there. */
export function effectiveWaitMs(waitMs: number | undefined, otherwiseMs: number): number {
  const wanted = waitMs !== undefined && waitMs > 0 ? waitMs : otherwiseMs;
  return Math.min(MAX_WAIT_MS, Math.max(1, Math.round(wanted)));
}

/** The longest that a healthy agent may take over a blocking read; Consul adds up to a sixteenth to spread polls. */
export function pollDeadlineMs(waitMs: number): number {
  return Math.ceil((waitMs * 17) / 16) + LEADER_HOLD_MS + MARGIN_MS;
}
