import type { ClientLimits } from '../http1/client-handler.ts';

/** What holds for the whole proxy; what differs between upstreams is in `UpstreamSettings`. */
export interface ProxySettings {
  /** Names this process in `Via`, so that its own requests are recognised and those of another sidecar are not. */
  readonly instanceId: string;
  readonly limits: ProxyLimits;
  readonly http2: ProxyHttp2;
  /** Keep `Forwarded`, `X-Forwarded-*` and `X-Real-IP` of the caller, and add to them. Default false: replace them. */
  readonly trustForwarded: boolean;
  /**
   * Host names, besides the local ones, under which the proxy may be called by path, and from whose pages; origins
   * (`https://app.test`) whose pages may call it.
   */
  readonly hosts: readonly string[];
  /** Field with the time in ms that the caller waits; bounds the whole exchange. Undefined: there is none. */
  readonly deadlineHeader?: string | undefined;
  /** Refuse foreign `Host`s and cross-site pages. Default true. */
  readonly browserSafe: boolean;
  /** How long a request waits for the first answer about a service that is new to us. Default 5 s. */
  readonly discoveryMs: number;
  /** How long idle connections to origins are kept, unless the origin asks for less. Default 4 s, below the common 5 s. */
  readonly originIdleMs: number;
}

/** Sizes, numbers and times for client connections; the times are in ms. */
export interface ProxyLimits extends ClientLimits {
  /** Open client connections; a further one is answered 503 and closed. Default 10,000. */
  readonly connections: number;
  /** Content of a request; 0 = no limit. Default 0. */
  readonly bodyBytes: number;
}

/** What callers may do on one session of HTTP/2. */
export interface ProxyHttp2 {
  /** Requests at once. Default 256. */
  readonly maxStreams: number;
  /** How much of a request's body may come before it was taken. Default 256 KiB. */
  readonly streamWindowBytes: number;
  /** The same for all bodies of a session together. Default 16 MiB. */
  readonly sessionWindowBytes: number;
  /** Requests that may be reset at once (CVE-2023-44487). Default 1,000, as nghttp2 has it. */
  readonly resetBurst: number;
  /** And each second afterwards. Default 33, as nghttp2 has it. */
  readonly resetsPerSecond: number;
}

/** The defaults of {@link ProxyHttp2}. */
const defaultProxyHttp2: ProxyHttp2 = {
  maxStreams: 256,
  streamWindowBytes: 256 * 1024,
  sessionWindowBytes: 16 * 1024 * 1024,
  resetBurst: 1000,
  resetsPerSecond: 33,
};

/** The defaults of {@link ProxyLimits}. */
export const defaultProxyLimits: ProxyLimits = {
  headBytes: 64 * 1024,
  fields: 256,
  targetBytes: 16 * 1024,
  pipelinedBytes: 64 * 1024,
  headMs: 10_000,
  keepAliveMs: 75_000,
  lingerMs: 1000,
  connections: 10_000,
  bodyBytes: 0,
};

/** The settings of a proxy with this id when nothing is configured. */
export function defaultProxySettings(instanceId: string): ProxySettings {
  return {
    instanceId,
    limits: defaultProxyLimits,
    http2: defaultProxyHttp2,
    trustForwarded: false,
    hosts: [],
    browserSafe: true,
    discoveryMs: 5000,
    originIdleMs: 4000,
  };
}
