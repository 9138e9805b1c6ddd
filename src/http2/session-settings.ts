/** How heads and bodies on a session are bounded, on either side of the proxy. */
export interface SessionLimits {
  /** Fields of a head, uncompressed, with 32 bytes more for each (RFC 9113 §10.5.1). */
  readonly headBytes: number;
  /** Number of fields. */
  readonly fields: number;
  /** How much of a body a peer may send before it was taken; per stream, and so a bound of what a slow reader costs us. */
  readonly streamWindowBytes: number;
  /** The same for a session: flow control of streams is what holds senders back, so this one must not be in the way. */
  readonly sessionWindowBytes: number;
}

/** Megabytes a session may hold before Node refuses further streams on it. */
const SESSION_MEMORY_MB = 64;
/** `:method`, `:scheme`, `:authority`, `:path`, which are no fields of HTTP/1.1. */
const PSEUDO_FIELDS = 4;

/** The options of node:http2 that are the same for both kinds of session. */
export function sessionOptions({ headBytes, fields }: SessionLimits): {
  readonly maxSessionMemory: number;
  readonly maxHeaderListPairs: number;
  readonly maxSendHeaderBlockLength: number;
} {
  return {
    maxSessionMemory: SESSION_MEMORY_MB,
    maxHeaderListPairs: fields + PSEUDO_FIELDS,
    // A head that is too large to be sent ends the whole session: what was taken from one side must fit on the other.
    // nghttp2 reckons with 12 bytes more for each field, the shortest of which had 4.
    maxSendHeaderBlockLength: 4 * headBytes + OWN_BYTES,
  };
}

/** Room for the fields that the proxy adds. */
const OWN_BYTES = 64 * 1024;
