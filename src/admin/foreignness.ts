import type { IncomingHttpHeaders } from 'node:http';

/** Which names are this port itself, besides loopback. */
export interface OwnNames {
  /** Further host names, without port: `pilotfish.test`. */
  readonly allowedHosts: readonly string[];
}

/** A request, as far as it tells who sent it. */
export interface RequestOrigin {
  readonly method: string;
  readonly headers: Pick<IncomingHttpHeaders, 'host' | 'origin' | 'sec-fetch-site' | 'sec-fetch-mode'>;
  /** The address of ours that the caller connected to; undefined on a unix socket. */
  readonly dialled: string | undefined;
}

/** Why a request is refused, for people. */
export interface Foreignness {
  readonly title: string;
  readonly detail: string;
}

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps web pages away from a port on localhost. A page whose name was rebound to 127.0.0.1 sends its own name as Host;
 * a page of another site sends its Origin, or says so in Sec-Fetch-Site. Programs send neither and are not affected. The
 * address that was dialled is ours as well: probes and scrapers name it, and no name can be rebound to it.
 * @returns a judge of requests: undefined for one that may go on
 */
export function foreignnessOf({ allowedHosts }: OwnNames): (request: RequestOrigin) => Foreignness | undefined {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  const isOurs = (host: string) => isLoopback(host) || allowed.has(host);
  return ({ method, headers, dialled }) => {
    const host = hostName(headers.host ?? '');
    if (host === undefined || !(isOurs(host) || host === dialled?.replace(/^::ffff:/, ''))) {
      const detail = 'the Host of this request is not this port; add it to admin.allowedHosts if it should be';
      return { title: 'Foreign Host', detail };
    }
    const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
    const isForeign = origin !== undefined && origin !== `http://${headers.host}`;
    const isCrossSite = site !== undefined && site !== 'same-origin' && site !== 'none';
    const isNavigation = mode === 'navigate' && SAFE.has(method);
    if (!isForeign && (!isCrossSite || isNavigation)) return undefined;
    return { title: 'Foreign Origin', detail: 'pages of another site may not use this port' };
  };
}

/** The host of a Host field, lower case, without port and brackets; undefined when it is no host. */
function hostName(field: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(field);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
