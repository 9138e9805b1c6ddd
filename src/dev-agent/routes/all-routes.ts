import type { RouteContext } from '../http/registry.ts';
import { agentCheckRoutes } from './agent-check-routes.ts';
import { agentHealthRoutes } from './agent-health-routes.ts';
import { agentSelfRoutes } from './agent-self-routes.ts';
import { agentServiceRoutes } from './agent-service-routes.ts';
import { catalogRoutes } from './catalog-routes.ts';
import { catalogWriteRoutes } from './catalog-write-routes.ts';
import { configRoutes } from './config-routes.ts';
import { coordinateRoutes } from './coordinate-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { kvRoutes } from './kv-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { txnRoutes } from './txn-routes.ts';

/** Every API area of the registry, one file each. Longer paths of an area come before shorter ones. */
export const allRoutes: readonly ((context: RouteContext) => void)[] = [
  agentSelfRoutes,
  agentServiceRoutes,
  agentCheckRoutes,
  agentHealthRoutes,
  catalogRoutes,
  catalogWriteRoutes,
  healthRoutes,
  kvRoutes,
  sessionRoutes,
  txnRoutes,
  eventRoutes,
  coordinateRoutes,
  statusRoutes,
  configRoutes,
  queryRoutes,
];
