import type { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * How a request ended at an endpoint. `cancelled` (the caller went away) gives the load back and says nothing about the
 * endpoint's health.
 */
export type Outcome =
  | { readonly kind: 'responded'; readonly status: number }
  | { readonly kind: 'failed'; readonly cause: CodedError }
  | { readonly kind: 'cancelled' };

/** The right to send one request (or open one connection) to an endpoint, counted as its load until it is settled. */
export interface Lease {
  readonly endpoint: Endpoint;
  /**
   * The answer's head has come: the time since the lease was taken is the endpoint's latency. Without this call, the
   * time until {@link settle} is, which for a long download or a stream says little.
   */
  answered(): void;
  /** Gives the load back and tells how it went. Called once, when the body has ended; later calls do nothing. */
  settle(outcome: Outcome): void;
}
