import { CodedError } from '../runtime/coded-error.ts';

/**
 * What went wrong with a call to Consul.
 *
 * - `NotFound`: 404, or one of the 500s by which older agents say "no such service" or "no such check".
 * - `PermissionDenied`: the token is unknown or lacks a rule; see {@link ConsulError.missingRule}.
 * - `NoLeader`: the servers have no leader; agents hold such a call for about 7 s before they say so.
 * - `RateLimited`: 429, or 503 with `Retry-After`; see {@link ConsulError.retryAfterMs}.
 * - `BadRequest`: Consul (or this client, before sending) refuses what was asked.
 * - `TooLarge`: 413, a KV value or a transaction over the limit.
 * - `Conflict`: 409, a transaction that was rolled back.
 * - `ServerError`: any other 5xx.
 * - `Unreachable`: no connection, or it broke before the whole answer was there.
 * - `TimedOut`: no whole answer within the call's time.
 * - `BadAnswer`: an answer that is not Consul's: not JSON, a wrong type, too large, a redirect.
 * - `Unsupported`: the agent is known to be too old for an option, and would silently ignore it.
 */
export type ConsulErrorKind =
  | 'NotFound'
  | 'PermissionDenied'
  | 'NoLeader'
  | 'RateLimited'
  | 'BadRequest'
  | 'TooLarge'
  | 'Conflict'
  | 'ServerError'
  | 'Unreachable'
  | 'TimedOut'
  | 'BadAnswer'
  | 'Unsupported';

/** The call that failed. The path is without its query, which may carry secrets. */
export interface FailedCall {
  readonly method: string;
  readonly path: string;
}

/** What a {@link ConsulError} is made of. */
export interface ConsulErrorOptions extends FailedCall {
  readonly kind: ConsulErrorKind;
  /** What went wrong, in words; becomes the message, after method and path. */
  readonly problem: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** Consul's own text. */
  readonly consulText?: string | undefined;
  readonly missingRule?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const CODES: Readonly<Record<ConsulErrorKind, string>> = {
  NotFound: 'consul_not_found',
  PermissionDenied: 'consul_permission_denied',
  NoLeader: 'consul_no_leader',
  RateLimited: 'consul_rate_limited',
  BadRequest: 'consul_bad_request',
  TooLarge: 'consul_too_large',
  Conflict: 'consul_conflict',
  ServerError: 'consul_server_error',
  Unreachable: 'consul_unreachable',
  TimedOut: 'consul_timed_out',
  BadAnswer: 'consul_bad_answer',
  Unsupported: 'consul_unsupported',
};

const RETRYABLE: ReadonlySet<ConsulErrorKind> = new Set([
  'NoLeader',
  'RateLimited',
  'ServerError',
  'Unreachable',
  'TimedOut',
  'BadAnswer',
]);

/** A call to Consul that failed. Thrown by every method of the client; aborting throws the signal's reason instead. */
export class ConsulError extends CodedError implements FailedCall {
  readonly kind: ConsulErrorKind;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number | undefined;
  /** Consul's own text, on one line and shortened; undefined when there was no answer. */
  readonly consulText: string | undefined;
  /** With `PermissionDenied`: the ACL rule that the token lacks, such as `service:read on "web"`. */
  readonly missingRule: string | undefined;
  /** How long Consul asks to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(options: ConsulErrorOptions) {
    super(`${options.method} ${options.path}: ${options.problem}`, {
      code: CODES[options.kind],
      side: 'internal',
      retryable: RETRYABLE.has(options.kind),
      cause: options.cause,
    });
    this.kind = options.kind;
    this.method = options.method;
    this.path = options.path;
    this.status = options.status;
    this.consulText = options.consulText;
    this.missingRule = options.missingRule;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether `error` is a {@link ConsulError} of this kind. */
export function isConsulError(error: unknown, kind: ConsulErrorKind): error is ConsulError {
  return error instanceof ConsulError && error.kind === kind;
}
