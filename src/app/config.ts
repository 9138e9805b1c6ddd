import type { PolicyName, RetryCondition } from '../upstream/upstream-settings.ts';

/**
 * The effective configuration, in the words of `pilotfish.yaml`: durations, sizes and shares are still text. What each
 * setting means and its default stand in docs/configuration.md, made from the schema; `sidecar-settings.ts` turns this
 * into what the rooms take.
 */
export interface Config {
  readonly service?: ServiceConfig | undefined;
  readonly consul: ConsulConfig;
  readonly proxy: ProxyConfig;
  readonly admin: { readonly listen: string; readonly allowedHosts: readonly string[] };
  readonly defaults: UpstreamDefaults;
  readonly upstreams: Readonly<Record<string, UpstreamConfig>>;
  readonly snapshot: { readonly path?: string | undefined; readonly maxAge: string };
  readonly kv: { readonly prefix?: string | undefined };
  readonly telemetry: TelemetryConfig;
}

/** The app beside the sidecar. */
export interface ServiceConfig {
  readonly name: string;
  readonly port: number;
  readonly address: string;
  readonly id?: string | undefined;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly weights: { readonly passing: number; readonly warning: number };
  readonly check?: 'none' | CheckConfig | undefined;
  readonly checks?: readonly CheckConfig[] | undefined;
  readonly waitForApp: string;
  readonly healthListen?: string | undefined;
  readonly enableTagOverride: boolean;
  readonly drain: { readonly wait: string; readonly grace: string };
}

/** One health check of the app; exactly one of `http`, `tcp`, `ttl`, `grpc`. */
export interface CheckConfig {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly http?: string | undefined;
  readonly tcp?: true | string | undefined;
  readonly ttl?: string | undefined;
  readonly grpc?: true | string | undefined;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tlsSkipVerify?: boolean | undefined;
  readonly interval?: string | undefined;
  readonly timeout?: string | undefined;
  readonly deregisterAfter?: string | undefined;
  readonly rise?: number | undefined;
  readonly fall?: number | undefined;
  readonly status?: 'passing' | 'warning' | 'critical' | undefined;
}

/** PEM files, by path. */
export interface TlsConfig {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
}

/** The Consul agent. */
export interface ConsulConfig {
  readonly address: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly auth?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly namespace?: string | undefined;
  readonly partition?: string | undefined;
  readonly tls?:
    | (TlsConfig & { readonly caPath?: string | undefined; readonly verify?: boolean | undefined })
    | undefined;
  readonly wait: string;
  readonly consistency: 'default' | 'stale' | 'consistent' | 'cached';
  readonly queriesPerSecond: number;
  readonly trafficRules: boolean;
}

/** The port on which the app calls others. */
export interface ProxyConfig {
  readonly listen: string | readonly string[];
  readonly workers: number;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly trustForwarded: boolean;
  readonly deadlineHeader?: string | undefined;
  readonly limits: {
    readonly connections: number;
    readonly headerBytes: string;
    readonly headerCount: number;
    readonly targetBytes: string;
  };
  readonly timeouts: { readonly head: string; readonly idle: string };
  readonly http2: {
    readonly maxConcurrentStreams: number;
    readonly streamWindow: string;
    readonly sessionWindow: string;
    readonly resetBurst: number;
    readonly resetsPerSecond: number;
  };
}

/** Metrics, traces and logs. */
export interface TelemetryConfig {
  readonly traces: { readonly ratio: number };
  readonly metrics: { readonly prometheus: boolean };
  readonly logs: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'auto' | 'json' | 'pretty';
    readonly access: 'off' | 'errors' | 'sampled' | 'all';
    readonly slow: string;
  };
}

/** The settings that every upstream has, each with a value. */
export interface UpstreamDefaults {
  readonly policy: PolicyName;
  readonly hashOn?: string | undefined;
  readonly passing: boolean;
  readonly timeouts: Readonly<Record<'connect' | 'firstByte' | 'idle' | 'total', string>>;
  readonly retry: {
    readonly attempts: number;
    readonly on: readonly RetryCondition[];
    readonly budget: string;
    readonly budgetFloor: number;
    readonly buffer: string;
  };
  readonly outlier: {
    readonly consecutiveFailures: number;
    readonly consecutiveGatewayFailures: number;
    readonly ejectFor: string;
    readonly maxEjectFor: string;
    readonly maxEjected: string;
    readonly successRateDeviation: number;
    readonly successRateVolume: number;
    readonly interval: string;
    readonly slowStart: string;
  };
  readonly probe: {
    readonly type: 'off' | 'http' | 'tcp';
    readonly path: string;
    readonly interval: string;
    readonly timeout: string;
    readonly rise: number;
    readonly fall: number;
  };
  readonly limits: { readonly connections: number; readonly pending: number; readonly requests: number };
  readonly http2: {
    readonly maxConcurrentStreams: number;
    readonly streamWindow: string;
    readonly sessionWindow: string;
    readonly idle: string;
    readonly pingInterval: string;
    readonly pingTimeout: string;
  };
  readonly panicBelow: string;
  readonly locality?: { readonly key: string; readonly value: string; readonly spillBelow: string } | undefined;
}

/** Any of the fields of `T`. */
type Some<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Any part of `T`, and parts of its parts. */
type SomeOfSome<T> = {
  readonly [K in keyof T]?:
    | (T[K] extends readonly unknown[] ? T[K] : T[K] extends object ? Some<T[K]> : T[K])
    | undefined;
};

/** What an upstream says for itself; the rest comes from the defaults. */
export interface UpstreamConfig
  extends SomeOfSome<Omit<UpstreamDefaults, 'locality'>>,
    Pick<UpstreamDefaults, 'locality'> {
  readonly service?: string | undefined;
  readonly tag?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly failover?: readonly string[] | undefined;
  readonly endpoints?: readonly string[] | undefined;
  readonly preparedQuery?: string | undefined;
  readonly fallback?: readonly string[] | undefined;
  readonly listen?: string | undefined;
  readonly protocol?: 'http1' | 'http2' | 'tcp' | undefined;
  readonly tls?: TlsConfig | undefined;
}
