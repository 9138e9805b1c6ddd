import { CodedError } from '../runtime/coded-error.ts';

/** How an exchange with an origin failed; each is a line of the proxy's error table. */
export type OriginFailureCode =
  | 'address_refused'
  | 'connect_failed'
  | 'connect_timeout'
  | 'closed_before_answer'
  | 'answer_cut_short'
  | 'answer_timeout'
  | 'answer_malformed'
  | 'answer_truncated'
  | 'answer_stalled';

/** A failed exchange with an origin. */
export class OriginFailure extends CodedError {
  declare readonly code: OriginFailureCode;

  constructor(code: OriginFailureCode, reason: string, cause?: Error) {
    super(reason, { code, side: 'upstream', retryable: code !== 'answer_truncated', cause });
  }
}
