import type { Endpoint } from '../upstream/endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ProxyErrorCode } from './proxy-error.ts';

/**
 * A request, once it has ended. The object is reused for the connection's next request: whoever wants to keep something
 * of it copies it before returning.
 */
export interface RequestRecord {
  readonly method: string;
  /** Index into `METHODS`. */
  readonly methodIndex: number;
  /** The path as it came, without its query. May name anything, so never a metric label. */
  readonly path: string;
  /** Undefined when none was found. */
  readonly upstream: Upstream | undefined;
  /** Where the last attempt went; undefined when there was none. */
  readonly endpoint: Endpoint | undefined;
  /** What the caller got; 0 when it got no status. */
  readonly status: number;
  /** Why the request ended other than by an origin's whole answer; `cancelled` = the caller went away. */
  readonly error: ProxyErrorCode | 'cancelled' | undefined;
  /** What is known beyond the code; undefined when there was no error. */
  readonly reason: string | undefined;
  readonly durationMs: number;
  /** Attempts after the first. */
  readonly resends: number;
  /** Bytes of the request and of the answer on the caller's connection, heads included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly remoteAddress: string;
  /** Trace of a sampled request; undefined: it is not sampled. */
  readonly traceId: string | undefined;
  /** The request's server span; undefined: it is not sampled. */
  readonly spanId: string | undefined;
  /** Minor version of HTTP/1 that the caller speaks; 1 where it speaks HTTP/2. */
  readonly minorVersion: number;
  /** The request came over HTTP/2. */
  readonly isHttp2: boolean;
}

/** An attempt at an endpoint, once it has ended; reused like {@link RequestRecord}. */
export interface AttemptRecord {
  readonly methodIndex: number;
  readonly upstream: Upstream;
  readonly endpoint: Endpoint;
  /** The endpoint's status; 0 = none came. */
  readonly status: number;
  readonly error: ProxyErrorCode | 'cancelled' | undefined;
  readonly durationMs: number;
  /** How many attempts came before. */
  readonly resends: number;
  /** Trace of a sampled request; undefined: it is not sampled. */
  readonly traceId: string | undefined;
  /** The attempt's client span; undefined: it is not sampled. */
  readonly spanId: string | undefined;
}

/** A connection to an upstream with `protocol: tcp`, once both of its ends are closed. */
export interface ConnectionRecord {
  readonly upstream: Upstream;
  /** Where the last attempt went; undefined when there was none. */
  readonly endpoint: Endpoint | undefined;
  /** Why it ended other than in order; `cancelled` = the caller broke it off. */
  readonly error: ProxyErrorCode | 'cancelled' | undefined;
  readonly durationMs: number;
  /** Instances that were tried. */
  readonly attempts: number;
  /** Bytes that came from the caller, and that it was sent. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly remoteAddress: string;
}

/** Takes what the proxy measures; `app/` binds it to series. Called on the hot path: must not allocate or throw. */
export interface Recorder {
  /** The recorder of an upstream; asked once for each. Undefined for requests that led to no upstream. */
  bind(upstream: Upstream | undefined): BoundRecorder;
}

/** A {@link Recorder} with its labels settled. */
export interface BoundRecorder {
  requestEnded(record: RequestRecord): void;
  attemptEnded(record: AttemptRecord): void;
  /**
   * A request has ended as its only attempt did: with an origin's whole answer, at the same moment, not sampled. Most do.
   * Called in place of the other two.
   */
  exchangeEnded(record: RequestRecord): void;
  connectionEnded(record: ConnectionRecord): void;
  /** There is another attempt. @param reason the error or the status that ended the one before */
  retried(reason: string): void;
  /** There is no other attempt, though the request might have one: too many were made lately. */
  retryRefused(): void;
  /** A connection to an endpoint is open. */
  connected(durationMs: number): void;
  /** A connection to an endpoint was tried in vain. */
  connectFailed(): void;
}

const nothing: BoundRecorder = {
  requestEnded() {},
  attemptEnded() {},
  exchangeEnded() {},
  connectionEnded() {},
  retried() {},
  retryRefused() {},
  connected() {},
  connectFailed() {},
};

/** Records nothing. */
export const silentRecorder: Recorder = { bind: () => nothing };
