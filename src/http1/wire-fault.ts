/** What kind of rule a peer's bytes broke; the proxy gives each its status. */
export type WireFaultCode =
  | 'malformed'
  | 'target_too_long'
  | 'head_too_large'
  | 'body_too_large'
  | 'message_truncated'
  | 'head_timeout';

/** A rule of RFC 9112 (or a limit of ours) that a peer's bytes broke. Made once each, so that junk costs nothing. */
export class WireFault {
  readonly code: WireFaultCode;
  /** What is wrong, for the peer's developer; never repeats the peer's bytes. */
  readonly reason: string;

  constructor(code: WireFaultCode, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}
