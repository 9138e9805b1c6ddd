import type { PolicyName } from '../balance/by-name.ts';
import type { ServiceQuery } from './endpoint-source.ts';
import type { UpstreamHttp2 } from './upstream-http2.ts';
import type { UpstreamTls } from './upstream-tls.ts';

export type { PolicyName } from '../balance/by-name.ts';
export type { UpstreamTls } from './upstream-tls.ts';

/** What `ring-hash` sticks to: a request header, a cookie, or the calling address. */
export type HashOn =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  | { readonly kind: 'source' };

/** A reason for another attempt: connecting failed, the connection broke before an answer, or an answer's status. */
export type RetryCondition = 'connect' | 'reset' | 'timeout' | 502 | 503 | 504;

/** How long each step of a request may take; 0 = no limit. */
export interface UpstreamTimeouts {
  /** TCP (and TLS) connect. Default 1 s. */
  readonly connectMs: number;
  /** From the request's last byte to the answer's head. Default 15 s. */
  readonly firstByteMs: number;
  /** Between two pieces of a body, in either direction, and on a tunnel. Default 5 min. */
  readonly idleMs: number;
  /** The whole exchange, retries included. Default 0. */
  readonly totalMs: number;
}

/** When and how often a request is sent again. */
export interface RetrySettings {
  /** Attempts in all, the first included; 1 = never again. Default 2. */
  readonly attempts: number;
  readonly on: readonly RetryCondition[];
  /** Retries as a share of the requests under way and just done, 0…1. Default 0.2. */
  readonly budget: number;
  /** Retries that are always allowed at the same time, however few requests there are. Default 3. */
  readonly budgetFloor: number;
  /** A request body up to this size is kept for sending again. Default 64 KiB. */
  readonly bufferBytes: number;
}

/** When an endpoint is taken out of use for a while; Envoy's outlier detection. */
export interface OutlierSettings {
  /** Failures (errors and 5xx) in a row; 0 = off. Default 5. */
  readonly consecutiveFailures: number;
  /** 502, 503, 504 and connection failures in a row; 0 = off. Default 0. */
  readonly consecutiveGatewayFailures: number;
  /** Ejected for this long times the number of its ejections. Default 30 s. */
  readonly ejectForMs: number;
  /** The longest ejection. Default 300 s. */
  readonly maxEjectForMs: number;
  /** Share of the endpoints that may be out at once, 0…1; one may always be. Default 0.5. */
  readonly maxEjected: number;
  /** Success-rate ejection: how many standard deviations below the mean (Envoy: 1.9); 0 = off. Default 0. */
  readonly successRateDeviation: number;
  /** Requests that an endpoint must have had in an interval to be compared. Default 100. */
  readonly successRateVolume: number;
  /** How often success rates are compared. Default 10 s. */
  readonly intervalMs: number;
  /** An endpoint that comes back grows to its full weight over this time; 0 = at once. Default 10 s. */
  readonly slowStartMs: number;
}

/** What an upstream may hold at once; 0 = no limit. Beyond it, requests fail at once. */
export interface UpstreamLimits {
  /** Open connections to one endpoint. Default 1,024. */
  readonly connections: number;
  /** Requests waiting for a connection. Default 1,024. */
  readonly pending: number;
  /** Requests under way in all. Default 0. */
  readonly requests: number;
}

/** Which endpoints are preferred while enough of them are well. */
export interface LocalitySettings {
  /** Node-meta (or service-meta) key whose value is compared with the sidecar's own; for example `zone`. */
  readonly key: string;
  /** The sidecar's own value. */
  readonly value: string;
  /** Traffic spills over when less than this share of the near endpoints is usable, 0…1. Default 0.7. */
  readonly spillBelow: number;
}

/** Everything that is set per upstream; every field has its default, from `defaults` in the configuration. */
export interface UpstreamSettings {
  /** The name in the URL, and the metric label. */
  readonly name: string;
  readonly query: ServiceQuery;
  /** Datacenters to go to, in this order, while the first has nothing usable. */
  readonly failover: readonly string[];
  /** What to ask in each of them; undefined: for the upstream's own service there. */
  readonly failoverQueries?: readonly ServiceQuery[] | undefined;
  readonly policy: PolicyName;
  readonly hashOn: HashOn | undefined;
  /** Only passing instances; when false, those with a warning count by their warning weight. Default true. */
  readonly passing: boolean;
  readonly timeouts: UpstreamTimeouts;
  readonly retry: RetrySettings;
  readonly outlier: OutlierSettings;
  readonly limits: UpstreamLimits;
  /** Below this usable share all endpoints are used, well or not (panic), 0…1. Default 0.5. */
  readonly panicBelow: number;
  /** `host:port`s to use when discovery has nothing and knows nothing. */
  readonly fallback: readonly string[];
  readonly protocol: 'http1' | 'http2' | 'tcp';
  /** Undefined: the defaults. */
  readonly http2?: UpstreamHttp2 | undefined;
  readonly tls: UpstreamTls | undefined;
  readonly locality: LocalitySettings | undefined;
}
