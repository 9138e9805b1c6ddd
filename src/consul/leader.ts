import type { ConsulError } from './consul-error.ts';
import type { LockOptions, Locks } from './locks.ts';

/** How one runs for office. */
export interface LeadOptions extends Omit<LockOptions, 'giveUpAfterMs'> {
  /** Hears that the office was lost, before running for it again. */
  readonly onLost?: ((error: ConsulError) => void) | undefined;
}

/**
 * Leader election: whoever holds the lock on `key` leads. Waits for the office, then calls `lead` with a signal that
 * aborts when it is lost or `options.signal` aborts. When `lead` returns, the office is given back and this returns;
 * when it was lost, this runs for it again.
 * @throws what `lead` throws while in office, and the signal's reason
 */
export async function runAsLeader(
  locks: Locks,
  key: string,
  lead: (inOffice: AbortSignal) => Promise<void>,
  options: LeadOptions = {},
): Promise<void> {
  const { onLost, ...locking } = options;
  for (;;) {
    await using lock = await locks.acquire(key, locking);
    const inOffice = options.signal === undefined ? lock.lost : AbortSignal.any([lock.lost, options.signal]);
    try {
      await lead(inOffice);
    } catch (error) {
      if (!lock.lost.aborted) throw error;
    }
    options.signal?.throwIfAborted();
    if (!lock.lost.aborted) return;
    onLost?.(lock.lost.reason);
  }
}
