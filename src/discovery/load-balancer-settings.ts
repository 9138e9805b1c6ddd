import type { HashOn, OutlierSettings, PolicyName, UpstreamSettings } from '../upstream/upstream-settings.ts';

/** Which instances of a service are used, and how one of them is chosen. */
export interface LoadBalancerSettings {
  /** The service's name in the catalog. */
  readonly service: string;
  /** Only instances with this tag. */
  readonly tag?: string | undefined;
  /** Default: the agent's own. */
  readonly datacenter?: string | undefined;
  /** Datacenters to go to, in this order, while the first has nothing usable. */
  readonly failover?: readonly string[] | undefined;
  /** `host:port`s to use when Consul cannot be asked and nothing is known. */
  readonly fallback?: readonly string[] | undefined;
  /** Default `round-robin`. */
  readonly policy?: PolicyName | undefined;
  /** Only passing instances; when false, those with a warning count by their warning weight. Default true. */
  readonly passing?: boolean | undefined;
  /** When an instance that fails is left out for a while. Default: after 5 failures in a row, for 30 s times n. */
  readonly outlier?: Partial<OutlierSettings> | undefined;
  /** Most requests under way in all; 0 = no limit. Default 0. */
  readonly maxRequests?: number | undefined;
  /** Below this usable share all instances are used, well or not (panic), 0…1. Default 0.5. */
  readonly panicBelow?: number | undefined;
}

const OUTLIER: OutlierSettings = {
  consecutiveFailures: 5,
  consecutiveGatewayFailures: 0,
  ejectForMs: 30_000,
  maxEjectForMs: 300_000,
  maxEjected: 0.5,
  successRateDeviation: 0,
  successRateVolume: 100,
  intervalMs: 10_000,
  slowStartMs: 10_000,
};

/** What sticks is the caller's to hash, so this is only told. */
const HASH_ON: HashOn = { kind: 'source' };

/** The settings of an upstream, with the sidecar's own defaults; what only a proxy needs stands at its defaults too. */
export function loadBalancerSettings(settings: LoadBalancerSettings): UpstreamSettings {
  const { service, tag, datacenter, policy = 'round-robin' } = settings;
  return {
    name: service,
    query: { service, ...(tag === undefined ? {} : { tag }), ...(datacenter === undefined ? {} : { datacenter }) },
    failover: settings.failover ?? [],
    policy,
    hashOn: policy === 'ring-hash' ? HASH_ON : undefined,
    passing: settings.passing ?? true,
    timeouts: { connectMs: 1000, firstByteMs: 15_000, idleMs: 300_000, totalMs: 0 },
    retry: { attempts: 2, on: ['connect', 'reset', 502, 503, 504], budget: 0.2, budgetFloor: 3, bufferBytes: 65_536 },
    outlier: { ...OUTLIER, ...settings.outlier },
    limits: { connections: 1024, pending: 1024, requests: settings.maxRequests ?? 0 },
    panicBelow: settings.panicBelow ?? 0.5,
    fallback: settings.fallback ?? [],
    protocol: 'http1',
    tls: undefined,
    locality: undefined,
  };
}
