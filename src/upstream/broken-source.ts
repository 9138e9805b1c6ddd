import { CodedError } from '../runtime/coded-error.ts';

/** A source of endpoints that broke its promise never to throw is asked again after this long. */
export const BROKEN_SOURCE_MS = 1000;

/** What people are told of that: the error itself, if it is one of ours. */
export function brokenSource(service: string, cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause;
  const message = `the source of ${service} broke: ${String(cause)}; it is asked again in a second`;
  return new CodedError(message, { code: 'endpoint_source_broke', side: 'internal', retryable: true, cause });
}
