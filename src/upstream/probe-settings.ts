import type { UpstreamTls } from './upstream-tls.ts';

/** How the sidecar itself asks each endpoint how it is, besides what the catalog says (active health checking). */
export interface ProbeSettings {
  /** `http`: a GET that must be answered with 2xx; `tcp`: a connection (with TLS, if there is) that must open. */
  readonly kind: 'http' | 'tcp';
  /** What is fetched with `http`. Default `/health`. */
  readonly path: string;
  /** Each endpoint is asked about so often. Default 5 s. */
  readonly intervalMs: number;
  /** No answer for this long is a failure. Default 1 s. */
  readonly timeoutMs: number;
  /** Successes in a row until a failing endpoint is used again. Default 2. */
  readonly rise: number;
  /** Failures in a row until an endpoint counts as failing. Default 3. */
  readonly fall: number;
  /** TLS to the endpoints; undefined: none. */
  readonly tls?: UpstreamTls | undefined;
}
