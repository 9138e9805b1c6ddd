import { json } from '../http/answer.ts';
import { endpoint } from '../http/endpoint.ts';
import type { RouteContext } from '../http/registry.ts';
import { Refusal } from '../wire/refusal.ts';

/** `/v1/status/*`, and `/v1/acl/*` as an agent without ACLs answers it: this agent is always its own leader. The address is that of the real Consul's default server port. */
export function statusRoutes(context: RouteContext): void {
  const address = `${context.registry.node.Address}:8300`;
  endpoint(context, '/v1/status/leader', { GET: () => json(address) });
  endpoint(context, '/v1/status/peers', { GET: () => json([address]) });
  endpoint(context, '/v1/acl/', { GET: refuseAcl, PUT: refuseAcl, POST: refuseAcl, DELETE: refuseAcl });
}

/** There are no ACLs here; what a token says is never looked at. */
function refuseAcl(): never {
  throw new Refusal(401, 'ACL support disabled');
}
