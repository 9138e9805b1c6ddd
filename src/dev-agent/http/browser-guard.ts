import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';

/** What of a request tells a browser's page from a program. */
export interface RequestOrigin {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/**
 * Refuses what a web page on another site sends to a registry on loopback, which is open to every program of the machine
 * and must not be open to every page that its browser shows. Programs are not affected.
 */
export const browserGuard: MiddlewareHandler<{ Bindings: HttpBindings }> = async (c, next) => {
  const { headers } = c.env.incoming;
  const fetchSite = headers['sec-fetch-site'];
  const fault = originFault({
    host: headers.host,
    origin: headers.origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  });
  if (fault === undefined) return next();
  return c.text(`refused by the embedded registry: ${fault}`, 403);
};

/** Why a request is taken for a foreign page's; undefined if it is not. */
export function originFault({ host, origin, fetchSite }: RequestOrigin): string | undefined {
  const name = nameOf(`http://${host ?? 'localhost'}`);
  if (name === undefined || !isLocalName(name)) return `Host ${JSON.stringify(host)} is no name of this machine`;
  if (fetchSite === 'cross-site') return 'the request comes from a page of another site';
  if (origin === undefined) return undefined;
  const from = nameOf(origin);
  return from !== undefined && isLocalName(from) ? undefined : `Origin ${JSON.stringify(origin)} is another site`;
}

function nameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** Names that no stranger can point here: addresses, localhost, and the names by which containers know their host. */
function isLocalName(name: string): boolean {
  if (/^[\d.]+$/.test(name) || name.startsWith('[')) return true;
  return name === 'localhost' || name.endsWith('.localhost') || name.endsWith('.internal');
}
