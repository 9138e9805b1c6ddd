import type { Endpoint } from '../../src/upstream/endpoint.ts';
import { endpoint } from './upstream-parts.ts';

/** An endpoint for tests: passing, weight 1, at `host:port` = 10.0.0.<n>:8000, with whatever is to differ. */
export function endpointNo(n: number, different: Partial<Endpoint> = {}): Endpoint {
  return endpoint(`node-1/app-${n}`, { host: `10.0.${n >> 8}.${n & 255}`, ...different });
}

/** The endpoints 1 to `count`. */
export function endpointsTo(count: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index) => endpointNo(index + 1));
}

/** The ids of endpoints, sorted. */
export function idsOf(endpoints: readonly Endpoint[]): readonly string[] {
  return endpoints.map(({ id }) => id).sort();
}
