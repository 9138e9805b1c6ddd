/** How the agent (or, with `ttl`, the sidecar) finds out whether the app is well. */
export type CheckKind =
  | {
      readonly kind: 'http';
      /** Path on the app's address and port, or a whole URL. 2xx passes, 429 warns, anything else is critical. */
      readonly target: string;
      readonly method?: string | undefined;
      readonly headers?: ReadonlyMap<string, string> | undefined;
      readonly tlsSkipVerify?: boolean | undefined;
      readonly intervalMs: number;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: 'tcp';
      /** `host:port`; undefined: the app's own. */
      readonly target: string | undefined;
      readonly intervalMs: number;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: 'grpc';
      /** `host:port` or `host:port/service`; undefined: the app's own. */
      readonly target: string | undefined;
      readonly useTls?: boolean | undefined;
      readonly tlsSkipVerify?: boolean | undefined;
      readonly intervalMs: number;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: 'ttl';
      /** The sidecar reports three times in this time; after as long a silence the check is critical. */
      readonly ttlMs: number;
    };

/** A health check of the app. */
export type CheckSettings = CheckKind & {
  /** Undefined: derived from the service's id. One that does not hold the service's id is extended by it. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** Consul removes the service once the check was critical for this long; Consul's floor is 1 min. */
  readonly deregisterAfterMs: number;
  /** Until the first result; Consul's default is critical. */
  readonly status?: 'passing' | 'warning' | 'critical' | undefined;
  /** Good results in a row that make it passing. Default 1 (Consul's). */
  readonly rise?: number | undefined;
  /** Bad results in a row that make it critical. Default 1 (Consul's). */
  readonly fall?: number | undefined;
};

/** The app beside the sidecar, as it is to be registered. */
export interface ServiceSettings {
  readonly name: string;
  readonly port: number;
  /** `auto`, an IP address, a host name, the name of a network interface, or a CIDR; see `outbound-address.ts`. */
  readonly address: string;
  /** Default `<name>-<address>-<port>`. */
  readonly id?: string | undefined;
  readonly tags: readonly string[];
  readonly meta: ReadonlyMap<string, string>;
  readonly weights: { readonly passing: number; readonly warning: number };
  /** None: always passing, which costs a warning. */
  readonly checks: readonly CheckSettings[];
  /** Registers only once the app answers, at the latest after this; 0 = at once. */
  readonly waitForAppMs: number;
  /** Lets others change the tags in the catalog; they are then not set back. */
  readonly enableTagOverride: boolean;
}

/** The check of a service that names none. */
export const DEFAULT_CHECK: CheckSettings = {
  kind: 'http',
  target: '/health',
  intervalMs: 10_000,
  timeoutMs: 5000,
  deregisterAfterMs: 60_000,
};
