import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';

/**
 * Redirects a path with `//`, `.` or `..` to its clean form, as Go's ServeMux does before any route sees it
 * (docs/consul-client.md 46).
 */
export const cleanPathRedirect: MiddlewareHandler<{ Bindings: HttpBindings }> = async (c, next) => {
  const { incoming, outgoing } = c.env;
  const [path = '', ...query] = (incoming.url ?? '').split('?');
  const clean = cleanPath(path);
  if (clean === path) return next();
  const location = [clean, ...query].join('?');
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD';
  const body = isRead ? `<a href="${location}">Moved Permanently</a>.\n\n` : '';
  outgoing.writeHead(301, {
    Location: location,
    ...(isRead ? { 'Content-Type': 'text/html; charset=utf-8' } : {}),
    'Content-Length': Buffer.byteLength(body),
  });
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
  return RESPONSE_ALREADY_SENT;
};

/** The shortest path that means the same; a final slash stays. */
function cleanPath(path: string): string {
  if (!/\/\/|\/\.{1,2}(\/|$)|%2[eEfF]/.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    const decoded = segment.replaceAll(/%2e/gi, '.');
    if (decoded === '..') kept.pop();
    else if (decoded !== '' && decoded !== '.') kept.push(segment);
  }
  const clean = `/${kept.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}
