import type { RequestHead } from '../http1/request-head.ts';
import { classifyHost, type HostKind } from './host-name.ts';

/**
 * Says why a request must have been sent by a web page that has no business here; undefined when it need not have been.
 * Against DNS rebinding, the Host must be one that only a local caller uses; against cross-site requests, what browsers
 * themselves say of the page (`Sec-Fetch-Site`, `Origin`) decides. Programs send neither.
 */
export function browserRefusal(request: RequestHead, host: string, ownNames: ReadonlySet<string>): string | undefined {
  const site = request.text(request.secFetchSite);
  if (site === 'cross-site') return 'the request comes from a page of another site (Sec-Fetch-Site)';
  const origin = request.text(request.origin);
  if (origin === undefined) return undefined;
  const authority = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
  if (authority !== undefined && (authority === host || isOurs(classifyHost(authority, ownNames)))) return undefined;
  return 'the request comes from a page of another site (Origin)';
}

function isOurs({ kind }: HostKind): boolean {
  return kind === 'local' || kind === 'service';
}
