import { CodedError } from '../runtime/coded-error.ts';

/**
 * What went wrong with a call to Marathon.
 *
 * - `NotFound`: 404, and what was asked for is not one thing that may be missing.
 * - `PermissionDenied`: 401 or 403: no or wrong credentials.
 * - `BadRequest`: any other 4xx.
 * - `NoLeader`: the one asked leads not, and knows nobody who does.
 * - `ServerError`: any other 5xx.
 * - `Unreachable`: no connection, or it broke before the whole answer was there.
 * - `TimedOut`: no whole answer within the call's time.
 * - `BadAnswer`: an answer that is not Marathon's: not JSON, a wrong type, too large, a redirect.
 */
export type MarathonErrorKind =
  | 'NotFound'
  | 'PermissionDenied'
  | 'BadRequest'
  | 'NoLeader'
  | 'ServerError'
  | 'Unreachable'
  | 'TimedOut'
  | 'BadAnswer';

/** What a {@link MarathonError} is made of. */
export interface MarathonErrorOptions {
  readonly kind: MarathonErrorKind;
  readonly method: string;
  /** Whole, without credentials. */
  readonly url: string;
  /** What went wrong, in words; becomes the message, after method and URL. */
  readonly problem: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

const CODES: Readonly<Record<MarathonErrorKind, string>> = {
  NotFound: 'marathon_not_found',
  PermissionDenied: 'marathon_permission_denied',
  BadRequest: 'marathon_bad_request',
  NoLeader: 'marathon_no_leader',
  ServerError: 'marathon_server_error',
  Unreachable: 'marathon_unreachable',
  TimedOut: 'marathon_timed_out',
  BadAnswer: 'marathon_bad_answer',
};

const FINAL: ReadonlySet<MarathonErrorKind> = new Set(['NotFound', 'PermissionDenied', 'BadRequest']);

/** A call to Marathon that failed. Aborting one throws the signal's reason instead. */
export class MarathonError extends CodedError {
  readonly kind: MarathonErrorKind;
  readonly method: string;
  /** Without credentials. */
  readonly url: string;
  readonly status: number | undefined;

  constructor(options: MarathonErrorOptions) {
    super(`${options.method} ${options.url}: ${options.problem}`, {
      code: CODES[options.kind],
      side: 'internal',
      retryable: !FINAL.has(options.kind),
      cause: options.cause,
    });
    this.kind = options.kind;
    this.method = options.method;
    this.url = options.url;
    this.status = options.status;
  }
}
