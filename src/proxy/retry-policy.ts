import { Method } from '../http1/method.ts';
import type { OriginFailureCode } from '../http1/origin-failure.ts';
import type { RetryCondition, RetrySettings } from '../upstream/upstream-settings.ts';

/** GET HEAD PUT DELETE OPTIONS TRACE: doing it twice is doing it once (RFC 9110 §9.2.2). */
export function isIdempotentMethod(methodIndex: number): boolean {
  return (
    methodIndex === Method.GET ||
    methodIndex === Method.HEAD ||
    methodIndex === Method.PUT ||
    methodIndex === Method.DELETE ||
    methodIndex === Method.OPTIONS
  );
}

/** What is known of a failed attempt when it is decided whether there is another. */
export interface AttemptEvidence {
  /** The request may be done twice: by its method, or because it carries an Idempotency-Key. */
  readonly isIdempotent: boolean;
  /** All that was sent is still at hand. */
  readonly isReplayable: boolean;
  /** Attempts so far. */
  readonly attempts: number;
}

const NOT_SENT: ReadonlySet<OriginFailureCode> = new Set([
  'address_refused',
  'name_unresolved',
  'connect_failed',
  'connect_timeout',
  'stream_refused',
  'certificate_refused',
  'tls_failed',
]);
const NOT_SENT_CONDITIONS: readonly RetryCondition[] = ['connect'];
const RESET_CONDITIONS: readonly RetryCondition[] = ['reset'];
/** An instance that never answers is a 504 to the caller, as one is whose gateway says so itself. */
const TIMEOUT_CONDITIONS: readonly RetryCondition[] = ['timeout', 504];
const NO_CONDITIONS: readonly RetryCondition[] = [];

/** The settings of which each allows a retry after this failure; empty when none could. */
function conditionsFor(code: OriginFailureCode): readonly RetryCondition[] {
  if (NOT_SENT.has(code)) return NOT_SENT_CONDITIONS;
  if (code === 'closed_before_answer') return RESET_CONDITIONS;
  if (code === 'answer_timeout') return TIMEOUT_CONDITIONS;
  return NO_CONDITIONS;
}

/** Whether nothing of the request can have reached the origin. */
export function wasNotSent(code: OriginFailureCode): boolean {
  return NOT_SENT.has(code);
}

/** Whether the settings allow another attempt after a failure, going by what it proves about the first. */
export function mayRetryFailure(code: OriginFailureCode, evidence: AttemptEvidence, settings: RetrySettings): boolean {
  if (!conditionsFor(code).some((condition) => settings.on.includes(condition))) return false;
  if (evidence.attempts >= settings.attempts || !evidence.isReplayable) return false;
  return wasNotSent(code) || evidence.isIdempotent;
}

/** Whether the settings allow another attempt after an answer with this status. */
export function mayRetryStatus(status: number, evidence: AttemptEvidence, settings: RetrySettings): boolean {
  if (status !== 502 && status !== 503 && status !== 504) return false;
  if (!settings.on.includes(status) || evidence.attempts >= settings.attempts) return false;
  return evidence.isIdempotent && evidence.isReplayable;
}
