/** What the catalog says of an instance's health; `maintenance` outranks `critical`, that `warning`, that `passing`. */
export type EndpointHealth = 'passing' | 'warning' | 'critical' | 'maintenance';

/** A health check of an endpoint that does not pass, as the catalog last told it; for `explain`. */
export interface EndpointCheck {
  readonly id: string;
  readonly name: string;
  readonly status: EndpointHealth;
  /** The check's last output; not refreshed by changes of the output alone. */
  readonly output: string;
}

/** One instance of a service: where it is and what the catalog says of it. Never changed; replaced by a newer one. */
export interface Endpoint {
  /** Unique within its upstream and stable over updates: `<node>/<service id>` from Consul, `host:port` from a list. */
  readonly id: string;
  /** IP address or host name; IPv6 without brackets. Not yet trusted: it is checked when it is connected to. */
  readonly host: string;
  readonly port: number;
  /** Share of the traffic relative to the others; 0 means none. */
  readonly weight: number;
  readonly health: EndpointHealth;
  readonly tags: readonly string[];
  readonly meta: ReadonlyMap<string, string>;
  /** The Consul node it runs on; empty for a list. */
  readonly node: string;
  /** Empty for a list. */
  readonly datacenter: string;
  /** Those that do not pass. What passes has nothing to say here, and a large catalog has a hundred thousand of them. */
  readonly checks: readonly EndpointCheck[];
  /** What the sidecar's own probes last failed with, while they fail; absent: they pass, or it is not probed. */
  readonly probeFailure?: string | undefined;
}
