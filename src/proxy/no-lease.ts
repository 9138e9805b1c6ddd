import type { Upstream } from '../upstream/upstream.ts';
import type { ProxyErrorCode } from './proxy-error.ts';

/** Why {@link Upstream.acquire} has just given nothing, as the caller is told. */
export function noLease({ key, state, refusal }: Upstream): { readonly code: ProxyErrorCode; readonly reason: string } {
  if (refusal === 'limit') return { code: 'limit_reached', reason: `too many requests to ${key} are under way` };
  if (state === 'absent') return { code: 'service_not_found', reason: `there is no service ${key} in the catalog` };
  return { code: 'no_instance', reason: `no instance of ${key} can be used now` };
}
