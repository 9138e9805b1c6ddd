import { json } from '../http/answer.ts';
import { endpoint } from '../http/endpoint.ts';
import type { RouteContext } from '../http/registry.ts';

/** `/v1/status/*`: this agent is always its own leader. The address is that of the real Consul's default server port. */
export function statusRoutes(context: RouteContext): void {
  const address = `${context.registry.node.Address}:8300`;
  endpoint(context, '/v1/status/leader', { GET: () => json(address) });
  endpoint(context, '/v1/status/peers', { GET: () => json([address]) });
}
