import { CodedError } from '../runtime/coded-error.ts';

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** Whether trying again may help; errors that say nothing of it are not ours and may pass. */
export function isWorthRetrying(error: Error): boolean {
  return !(error instanceof CodedError) || error.retryable;
}
