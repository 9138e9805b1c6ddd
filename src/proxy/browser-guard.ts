import { Field } from '../http1/field.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { classifyHost, type HostKind } from './host-name.ts';

/**
 * Says why a request must have been sent by a web page that has no business here; undefined when it need not have been.
 * Against DNS rebinding, the Host must be one that only a local caller uses; against cross-site requests, what browsers
 * themselves say of the page (`Sec-Fetch-Site`, `Origin`) decides. Programs send neither.
 */
export function browserRefusal(
  { fields, bytes }: RequestHead,
  host: string,
  ownNames: ReadonlySet<string>,
): string | undefined {
  let isCrossSite = false;
  let isInvited = false;
  for (let index = 0; index < fields.count; index++) {
    const id = fields.ids[index];
    if (id === Field.SEC_FETCH_SITE) {
      isCrossSite ||= fields.value(bytes, index) === 'cross-site';
    } else if (id === Field.ORIGIN) {
      const origin = fields.value(bytes, index);
      if (ownNames.has(origin.toLowerCase())) isInvited = true;
      else if (!isOwnOrigin(origin, host, ownNames)) return 'the request comes from a page of another site (Origin)';
    }
  }
  return isCrossSite && !isInvited ? 'the request comes from a page of another site (Sec-Fetch-Site)' : undefined;
}

function isOwnOrigin(origin: string, host: string, ownNames: ReadonlySet<string>): boolean {
  const authority = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
  return authority !== undefined && (authority === host || isOurs(classifyHost(authority, ownNames)));
}

function isOurs({ kind }: HostKind): boolean {
  return kind === 'local' || kind === 'service';
}
