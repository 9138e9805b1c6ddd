import { CodedError } from '../runtime/coded-error.ts';

/** How an exchange with an origin failed; each is a line of the proxy's error table. */
export type OriginFailureCode =
  | 'address_refused'
  | 'name_unresolved'
  | 'connect_failed'
  | 'no_sockets'
  | 'certificate_refused'
  | 'tls_failed'
  | 'connect_timeout'
  /** HTTP/2 only: the origin says that it has not looked at the request. */
  | 'stream_refused'
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
    super(reason, {
      code,
      side: code === 'no_sockets' ? 'internal' : 'upstream',
      retryable: code !== 'answer_truncated',
      cause,
    });
  }
}

/** We have no descriptor, memory or port left: no fault of the origin's. */
const OUR_LACK: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** What kind of failure an error is that ended a connection before it was established. */
export function connectFailure(error: Error | undefined): OriginFailure {
  if (error instanceof OriginFailure) return error;
  const { code = '', syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  const reason = error?.message ?? 'the connection was closed before it was established';
  if (OUR_LACK.has(code)) return new OriginFailure('no_sockets', `no further connection can be opened: ${code}`, error);
  if (syscall === 'getaddrinfo') return new OriginFailure('name_unresolved', reason, error);
  if (/CERT|SIGNED|ISSUER|ALTNAME/.test(code)) return new OriginFailure('certificate_refused', reason, error);
  if (/^ERR_(?:SSL|TLS)/.test(code) || code === 'EPROTO') return new OriginFailure('tls_failed', reason, error);
  return new OriginFailure('connect_failed', reason, error);
}
