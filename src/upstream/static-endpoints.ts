import { CodedError } from '../runtime/coded-error.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Endpoints from `host:port`s (`[::1]:8080` for IPv6), all passing and of weight 1; for a fallback or a static list.
 * @throws CodedError `invalid_static_endpoint`
 */
export function staticEndpoints(addresses: readonly string[]): readonly Endpoint[] {
  return addresses.map((address) => {
    const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(address) ?? [];
    const host = bracketed ?? plain;
    const port = Number(digits);
    if (host === undefined || !(port >= 1 && port <= 65_535)) {
      throw new CodedError(
        `"${address}" is no address of an endpoint: write host:port, or [IPv6]:port, with a port from 1 to 65535`,
        {
          code: 'invalid_static_endpoint',
          side: 'internal',
          retryable: false,
        },
      );
    }
    return {
      id: address,
      host,
      port,
      weight: 1,
      health: 'passing',
      tags: [],
      meta: new Map(),
      node: '',
      datacenter: '',
      checks: [],
    };
  });
}
