import { CodedError } from '../../src/runtime/coded-error.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import type { UpstreamOptions } from '../../src/upstream/upstream-options.ts';
import type { UpstreamSettings } from '../../src/upstream/upstream-settings.ts';
import { FakeClock } from './fake-clock.ts';

/** Every setting at its default, for the service `orders`. */
export const defaultSettings: UpstreamSettings = {
  name: 'orders',
  query: { service: 'orders' },
  failover: [],
  policy: 'round-robin',
  hashOn: undefined,
  passing: true,
  timeouts: { connectMs: 1000, firstByteMs: 15_000, idleMs: 300_000, totalMs: 0 },
  retry: {
    attempts: 2,
    on: ['connect', 'reset', 502, 503, 504],
    budget: 0.2,
    budgetFloor: 3,
    bufferBytes: 65_536,
  },
  outlier: {
    consecutiveFailures: 5,
    consecutiveGatewayFailures: 0,
    ejectForMs: 30_000,
    maxEjectForMs: 300_000,
    maxEjected: 0.5,
    successRateDeviation: 0,
    successRateVolume: 100,
    intervalMs: 10_000,
    slowStartMs: 10_000,
  },
  limits: { connections: 1024, pending: 1024, requests: 0 },
  panicBelow: 0.5,
  fallback: [],
  protocol: 'http1',
  tls: undefined,
  locality: undefined,
};

/** A passing endpoint of weight 1 at 10.0.0.1:8000, but for what is said. */
export function endpoint(id: string, different: Partial<Endpoint> = {}): Endpoint {
  return {
    id,
    host: '10.0.0.1',
    port: 8000,
    weight: 1,
    health: 'passing',
    tags: [],
    meta: new Map(),
    node: 'node-1',
    datacenter: 'dc1',
    checks: [],
    ...different,
  };
}

/** Endpoints with these ids. */
export function endpoints(...ids: readonly string[]): Endpoint[] {
  return ids.map((id) => endpoint(id));
}

/** `count` endpoints, `e0` and so on. */
export function manyEndpoints(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, index) => endpoint(`e${index}`));
}

/** An upstream on its own, with a fake clock and seeded chance unless given others. */
export function upstream(settings: Partial<UpstreamSettings> = {}, options: Partial<UpstreamOptions> = {}): Upstream {
  return new Upstream({
    key: 'orders',
    settings: { ...defaultSettings, ...settings },
    clock: new FakeClock(),
    random: seededRandom(1),
    ...options,
  });
}

/** An error that is the endpoint's fault. */
export const upstreamFault: CodedError = new CodedError('it broke', {
  code: 'connection_terminated',
  side: 'upstream',
  retryable: true,
});
