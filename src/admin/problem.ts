import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** An answer that says what is wrong, as `application/problem+json` (RFC 9457). */
export function problem(context: Context, status: ContentfulStatusCode, title: string, detail: string): Response {
  return context.body(JSON.stringify({ type: 'about:blank', title, status, detail }), status, {
    'content-type': 'application/problem+json',
  });
}
