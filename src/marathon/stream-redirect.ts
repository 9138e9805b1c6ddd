import type { Failover } from './failover.ts';
import type { MarathonAddress } from './marathon-address.ts';
import { MarathonError } from './marathon-error.ts';
import { type MarathonReply, type MarathonRequest, urlOf } from './marathon-wire.ts';

/** Where a request is to go instead. */
export interface RedirectedStream {
  /** Undefined: the answer is no redirect. */
  readonly address: MarathonAddress | undefined;
  /** Whether it is an address of ours, which may have our credentials; a name that an answer gives may not. */
  readonly known: boolean;
}

/**
 * Where a standby sends one who asks it for events: since 1.7 to the leader's own stream, instead of passing it on.
 * @throws MarathonError `BadAnswer` when that is no event stream, or would leave TLS
 */
export function followRedirect(request: MarathonRequest, reply: MarathonReply, failover: Failover): RedirectedStream {
  const location = reply.headers.get('location');
  if (reply.status < 300 || reply.status > 399 || location === undefined) return { address: undefined, known: false };
  const url = urlOf(reply.address, request.path);
  const target = URL.parse(location, `${reply.address.origin}${reply.address.prefix}${request.path}`);
  const at = target?.pathname.indexOf('/v2/events') ?? -1;
  const lessSafe = reply.address.origin.startsWith('https:') && target?.protocol !== 'https:';
  if (target === null || at < 0 || lessSafe) {
    const problem = `${reply.status} to ${target?.origin ?? 'no URL'}${lessSafe ? ', which is not TLS' : ''}, which is not followed`;
    throw new MarathonError({ kind: 'BadAnswer', method: 'GET', url, problem, status: reply.status });
  }
  const ours = failover.known(target.origin);
  return {
    address: ours ?? { origin: target.origin, prefix: target.pathname.slice(0, at) },
    known: ours !== undefined,
  };
}
