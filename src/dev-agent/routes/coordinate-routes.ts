import { type Answer, EMPTY, json } from '../http/answer.ts';
import { endpoint } from '../http/endpoint.ts';
import { readHeaders } from '../http/read-headers.ts';
import { checkTarget, readOptions } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import type { RegistryRequest } from '../http/registry-request.ts';

/** Where a single machine is: at the origin. */
const ORIGIN: object = { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 0.00001 };

/** `/v1/coordinate/*`: one machine has no distances; updates are taken and have no effect. */
export function coordinateRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/coordinate/datacenters', { GET: () => json([datacenter(registry)]) });
  endpoint(context, '/v1/coordinate/nodes', { GET: (request) => nodes(registry, request) });
  endpoint(context, '/v1/coordinate/node/', { GET: (request) => node(registry, request) });
  endpoint(context, '/v1/coordinate/update', { PUT: () => EMPTY });
}

function datacenter({ node }: Registry): object {
  return { Datacenter: node.Datacenter, AreaID: 'wan', Coordinates: [{ Node: node.Node, Segment: '', Coord: ORIGIN }] };
}

function nodes({ node }: Registry, { query }: RegistryRequest): Answer {
  readOptions(query, node.Datacenter);
  return json([], readHeaders({ index: 1 }));
}

function node(registry: Registry, { query }: RegistryRequest): Answer {
  checkTarget(query, registry.node.Datacenter);
  return { status: 404, body: '' };
}
