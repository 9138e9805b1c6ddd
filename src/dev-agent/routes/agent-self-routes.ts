import { EMPTY, json } from '../http/answer.ts';
import { endpoint } from '../http/endpoint.ts';
import type { RouteContext } from '../http/registry.ts';
import { Refusal } from '../wire/refusal.ts';
import { defaultNodeReason, enableOf, maintenanceCheck } from './agent-service-routes.ts';

/** The Consul version whose API is spoken; clients adapt to it. */
export const API_VERSION = '1.8.7';

/** `/v1/agent/self`, `members`, `maintenance`: the machine itself. */
export function agentSelfRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/agent/self', { GET: () => json(self(context)) });
  endpoint(context, '/v1/agent/members', { GET: () => json([member(context)]) });
  endpoint(context, '/v1/agent/reload', { PUT: () => EMPTY });
  endpoint(context, '/v1/agent/join/', { PUT: refuseJoining });
  endpoint(context, '/v1/agent/maintenance', {
    PUT: ({ query }) => {
      const enable = enableOf(query);
      if (!enable) registry.agent.deregisterCheck('_node_maintenance');
      else {
        registry.agent.putMaintenance(
          maintenanceCheck({
            Node: registry.node.Node,
            CheckID: '_node_maintenance',
            Name: 'Node Maintenance Mode',
            Notes: query.get('reason') || defaultNodeReason(),
            ServiceID: '',
            ServiceName: '',
            ServiceTags: [],
          }),
        );
      }
      return EMPTY;
    },
  });
}

function refuseJoining(): never {
  throw new Refusal(500, 'the embedded registry is a single machine and joins no cluster; use a real Consul agent');
}

function self({ registry }: RouteContext): object {
  return {
    Config: {
      Datacenter: registry.node.Datacenter,
      NodeName: registry.node.Node,
      NodeID: registry.node.ID,
      Revision: '',
      Server: true,
      Version: API_VERSION,
    },
    DebugConfig: { ConnectEnabled: false, Datacenter: registry.node.Datacenter, EmbeddedRegistry: 'pilotfish' },
    Coord: { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 0.00001 },
    Member: member({ registry }),
    Stats: {
      agent: {
        check_monitors: String(registry.agent.state.checks.size),
        checks: String(registry.agent.state.checks.size),
        services: String(registry.agent.state.services.size),
      },
      build: { prerelease: '', revision: '', version: API_VERSION },
      consul: { acl: 'disabled', bootstrap: 'true', known_datacenters: '1', leader: 'true', server: 'true' },
      raft: { applied_index: String(registry.ledger.index), state: 'Leader' },
    },
    Meta: Object.fromEntries(registry.node.Meta ?? []),
  };
}

function member({ registry }: Pick<RouteContext, 'registry'>): object {
  return {
    Name: registry.node.Node,
    Addr: registry.node.Address,
    Port: 8301,
    Tags: {
      acls: '0',
      build: `${API_VERSION}:`,
      dc: registry.node.Datacenter,
      id: registry.node.ID,
      role: 'consul',
      vsn: '2',
    },
    Status: 1,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}
