/**
 * The connections a request may use. Each lane has a pool of its own, so that polls that wait for minutes never keep an
 * ordinary call or a heartbeat waiting.
 */
export type Lane = 'call' | 'poll' | 'heartbeat';

/** A request as it goes out. */
export interface WireRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Percent-encoded path, without query; this much may be shown in errors. */
  readonly path: string;
  /** Encoded query without the question mark; empty for none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly lane: Lane;
  /** For the whole exchange, connecting included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A whole answer, whatever its status. */
export interface WireReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /**
   * Gives the body's memory back at once, for those who are done with it: left to the garbage collector, the answers of a
   * thousand polls pile up to 64 MB. The body is empty then. Absent: it is the garbage collector's.
   */
  readonly letGo?: (() => void) | undefined;
}

/** Sends requests to one Consul agent. The real one is `HttpTransport`; tests have their own. */
export interface Transport {
  /**
   * @throws ConsulError `Unreachable`, `TimedOut` or `BadAnswer` (too large) when there is no whole answer
   * @throws the signal's reason when it aborts
   */
  send(request: WireRequest): Promise<WireReply>;
  /**
   * How many connections the agent's side has ended so far. When it grew, the agent may be another one than before, with
   * another history.
   */
  readonly losses: number;
  /** Ends what is under way and closes every connection. */
  close(): Promise<void>;
}
