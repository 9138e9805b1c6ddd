import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

/** Which names are this port itself, besides loopback. */
export interface BrowserGuardOptions {
  /** Further host names, without port: `pilotfish.test`. */
  readonly allowedHosts: readonly string[];
}

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps web pages away from a port on localhost. A page whose name was rebound to 127.0.0.1 sends its own name as Host;
 * a page of another site sends its Origin, or says so in Sec-Fetch-Site. Programs send neither and are not affected. The
 * address that was dialled is ours as well: probes and scrapers name it, and no name can be rebound to it.
 */
export function browserGuard({ allowedHosts }: BrowserGuardOptions): MiddlewareHandler {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  const isOurs = (host: string) => isLoopback(host) || allowed.has(host);
  return async (context, next) => {
    const host = hostName(context.req.header('host') ?? '');
    if (host === undefined || !(isOurs(host) || host === dialledAddress(context))) {
      const detail = 'the Host of this request is not this port; add it to admin.allowedHosts if it should be';
      return problem(context, 403, 'Foreign Host', detail);
    }
    const origin = context.req.header('origin');
    const site = context.req.header('sec-fetch-site');
    const isForeign = origin !== undefined && origin !== `http://${context.req.header('host')}`;
    const isCrossSite = site !== undefined && site !== 'same-origin' && site !== 'none';
    const isNavigation = context.req.header('sec-fetch-mode') === 'navigate' && SAFE.has(context.req.method);
    if (isForeign || (isCrossSite && !isNavigation)) {
      return problem(context, 403, 'Foreign Origin', 'pages of another site may not use this port');
    }
    return next();
  };
}

/** The host of a Host field, lower case, without port and brackets; undefined when it is no host. */
function hostName(field: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(field);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** The address of ours that the caller connected to; undefined on a unix socket. */
function dialledAddress({ env }: Context): string | undefined {
  const { incoming } = env as Partial<HttpBindings>;
  return incoming?.socket.localAddress?.replace(/^::ffff:/, '');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
