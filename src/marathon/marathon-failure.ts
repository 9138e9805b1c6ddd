import { MarathonError, type MarathonErrorKind } from './marathon-error.ts';
import { type MarathonReply, type MarathonRequest, urlOf } from './marathon-wire.ts';

/** Longer texts of Marathon's are cut. */
const MAX_TEXT_CHARS = 500;

/**
 * The error that an answer means, in Marathon's own words.
 * @param secrets texts that must not appear in it, whatever Marathon says
 */
export function failureOf(request: MarathonRequest, reply: MarathonReply, secrets: readonly string[]): MarathonError {
  const text = wordsOf(reply.body, secrets);
  const kind = kindOf(reply.status, text);
  return new MarathonError({
    kind,
    method: request.method,
    url: urlOf(reply.address, request.path),
    problem: `${reply.status} ${text === '' ? '(no text)' : text}${advice(kind)}`,
    status: reply.status,
  });
}

/**
 * Whether a 404 says that what was asked for does not exist. Marathon says so in JSON with a message; a 404 of anything
 * else (a proxy on the way, a wrong prefix) says nothing about an app.
 */
export function saysAbsent(reply: MarathonReply): boolean {
  return (
    reply.status === 404 && /does not exist|there is no leader/i.test(messageIn(reply.body.toString('utf8')) ?? '')
  );
}

function kindOf(status: number, text: string): MarathonErrorKind {
  if (status === 401 || status === 403) return 'PermissionDenied';
  if (status === 404) return 'NotFound';
  if (status >= 500 && /current leader|no leader/i.test(text)) return 'NoLeader';
  if (status >= 500) return 'ServerError';
  if (status >= 400) return 'BadRequest';
  return 'BadAnswer';
}

function advice(kind: MarathonErrorKind): string {
  if (kind === 'BadAnswer') return ' (redirects are not followed: is this the address of Marathon?)';
  if (kind === 'NotFound') return ' (is this the address of Marathon, with its path?)';
  if (kind === 'PermissionDenied') return ': set --marathon-auth or --marathon-token';
  return '';
}

/** Marathon's message, or the text itself; one line, without control characters, so that no log line can be forged. */
function wordsOf(body: Buffer, secrets: readonly string[]): string {
  const raw = body.toString('utf8', 0, 8 * MAX_TEXT_CHARS);
  let text = messageIn(raw) ?? raw.replace(/<[^>]*>/g, ' ');
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '[redacted]');
  text = text.replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
}

/** Source: mesosphere/marathon `types/error.raml`: `{"message": …, "details": [{"path": …, "errors": […]}]}`. */
function messageIn(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return undefined;
    return typeof parsed.message === 'string' ? parsed.message : undefined;
  } catch {
    return undefined;
  }
}
