import { ConsulError, type ConsulErrorKind, type FailedCall } from './consul-error.ts';
import type { WireReply } from './wire.ts';

/** Longer texts of Consul's are cut. */
const MAX_TEXT_CHARS = 500;
/** A server that asks for a longer pause than this is not believed. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * The error that an answer means.
 * @param neededRule the ACL rule the endpoint needs, named when Consul does not say which one is missing
 * @param secrets texts that must not appear in an error, whatever Consul says
 */
export function failureOf(
  call: FailedCall,
  reply: WireReply,
  neededRule: string,
  secrets: readonly string[],
): ConsulError {
  const text = oneLine(reply.body, secrets);
  const retryAfterMs = retryAfter(reply);
  const kind = kindOf(reply.status, text, retryAfterMs);
  const missingRule = kind === 'PermissionDenied' ? ruleIn(text, neededRule) : undefined;
  return new ConsulError({
    kind,
    method: call.method,
    path: call.path,
    problem: `${reply.status} ${text === '' ? '(no text)' : text}${advice(kind, text, missingRule)}`,
    status: reply.status,
    consulText: text,
    missingRule,
    retryAfterMs,
  });
}

function kindOf(status: number, text: string, retryAfterMs: number | undefined): ConsulErrorKind {
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) return 'RateLimited';
  if (status === 401 || status === 403) return 'PermissionDenied';
  if (status === 404) return 'NotFound';
  if (status === 409) return 'Conflict';
  if (status === 413) return 'TooLarge';
  if (status >= 400 && status < 500) return 'BadRequest';
  if (status < 500) return 'BadAnswer';
  if (/permission denied|acl not found/i.test(text)) return 'PermissionDenied';
  if (/no cluster leader|no leader|leader is unknown/i.test(text)) return 'NoLeader';
  // Before 1.11 these are 500s; later they are 404 and 400.
  if (/^unknown (service|check)|does not have associated ttl|session id .* not found/i.test(text)) return 'NotFound';
  if (/failed to create boolean expression evaluator|failed to parse .*filter/i.test(text)) return 'BadRequest';
  return 'ServerError';
}

/** Later versions say which permission lacks; the texts of older ones do not. */
function ruleIn(text: string, neededRule: string): string {
  const said = /lacks permission '([a-z-]+:[a-z]+)'(?: on "([^"]*)")?/.exec(text);
  if (said?.[1] === undefined) return neededRule;
  return said[2] === undefined ? said[1] : `${said[1]} on "${said[2]}"`;
}

function advice(kind: ConsulErrorKind, text: string, missingRule: string | undefined): string {
  if (kind === 'BadAnswer') return ' (redirects are not followed: is this the address of a Consul agent?)';
  if (kind !== 'PermissionDenied') return '';
  if (/acl not found/i.test(text)) return ': Consul does not know this token';
  return `: the token lacks ${missingRule}`;
}

/** Seconds, or an HTTP date (RFC 9110 §10.2.3). */
function retryAfter(reply: WireReply): number | undefined {
  const text = reply.headers.get('retry-after');
  if (text === undefined) return undefined;
  const waitMs = /^\d+$/.test(text)
    ? Number(text) * 1000
    : Date.parse(text) - Date.parse(reply.headers.get('date') ?? '');
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS);
}

/** One line without control characters, so that a log line made of it cannot be forged. */
function oneLine(body: Buffer, secrets: readonly string[]): string {
  let text = body.toString('utf8', 0, 4 * MAX_TEXT_CHARS);
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '[token]');
  text = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
}
