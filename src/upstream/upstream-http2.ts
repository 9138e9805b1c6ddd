/** How HTTP/2 is spoken with the instances of an upstream. */
export interface UpstreamHttp2 {
  /** Requests at once on one session, even if the instance would take more. Default 1,000. */
  readonly maxStreams: number;
  /** How much of an answer an instance may send before it was taken. Default 256 KiB. */
  readonly streamWindowBytes: number;
  /** The same for all answers of a session together. Default 16 MiB. */
  readonly sessionWindowBytes: number;
  /** How long a session without requests is kept; its end is announced (GOAWAY), so there is no race to lose. Default 60 s. */
  readonly idleMs: number;
  /** Least time between two PINGs, which are sent when something took too long: servers of gRPC end sessions for more. Default 30 s. */
  readonly pingIntervalMs: number;
  /** How long an instance has for the answer to a PING. Default 5 s. */
  readonly pingTimeoutMs: number;
}

/** The defaults of {@link UpstreamHttp2}. */
export const defaultUpstreamHttp2: UpstreamHttp2 = {
  maxStreams: 1000,
  streamWindowBytes: 256 * 1024,
  sessionWindowBytes: 16 * 1024 * 1024,
  idleMs: 60_000,
  pingIntervalMs: 30_000,
  pingTimeoutMs: 5000,
};
