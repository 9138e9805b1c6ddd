import type { ConsulClient } from '../consul/consul-client.ts';
import type { ConsulError } from '../consul/consul-error.ts';

/** What happens to the office of the one bridge that writes. */
export type LeadershipEvent =
  | { readonly kind: 'waiting'; readonly key: string }
  | { readonly kind: 'elected'; readonly key: string }
  | { readonly kind: 'lost'; readonly key: string; readonly error: ConsulError };

/** How a bridge runs for office. */
export interface LeaderLockOptions {
  readonly consul: Pick<ConsulClient, 'runAsLeader'>;
  /** Bridges with the same one elect one of them. */
  readonly registrationId: string;
  /** Says who holds the office, to people that look at the key: host and process, say. */
  readonly holder: string;
  readonly onEvent: (event: LeadershipEvent) => void;
  /** Another takes over at the earliest this long after a bridge that died was last heard of. Default 15 s. */
  readonly ttlMs?: number | undefined;
  /** After a bridge was lost, nobody has the office for this long, so that its last writes have ended. Default 15 s. */
  readonly lockDelayMs?: number | undefined;
}

/**
 * The key that a registration's bridges lock: `pilotfish/marathon/<registration id>/leader`. Not below `consular/`: there
 * each folder is taken for an app's labels, and a Consular that still runs deletes those of apps it does not know.
 */
export function leaderKey(registrationId: string): string {
  const folder = encodeURIComponent(registrationId.toWellFormed()).replaceAll('.', '%2E');
  return `pilotfish/marathon/${folder}/leader`;
}

/**
 * Waits for the office, then calls `lead`; its signal aborts at once when the office is lost, and no write may begin
 * after that. Then runs for it again. Ends when `lead` returns by itself.
 * @throws what `lead` throws while in office; the signal's reason; ConsulError when the lock can never be had (a token
 * without `session:write` or `key:write`)
 */
export async function runWhileLeading(
  options: LeaderLockOptions,
  lead: (inOffice: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { consul, registrationId, holder, onEvent, ttlMs, lockDelayMs } = options;
  const key = leaderKey(registrationId);
  onEvent({ kind: 'waiting', key });
  const inOffice = (office: AbortSignal) => {
    onEvent({ kind: 'elected', key });
    return lead(office);
  };
  const onLost = (error: ConsulError) => {
    onEvent({ kind: 'lost', key, error });
    onEvent({ kind: 'waiting', key });
  };
  const sessionName = `pilotfish marathon ${registrationId}`;
  await consul.runAsLeader(key, inOffice, { value: holder, sessionName, ttlMs, lockDelayMs, signal, onLost });
}
