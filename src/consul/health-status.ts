import type { CheckStatus, HealthCheck, HealthEntry } from './decode/health.ts';

/** An instance's health as a whole; `maintenance` outranks `critical`, that `warning`, that `passing`. */
export type ServiceHealth = CheckStatus | 'maintenance';

/** Whether this is the check that maintenance mode adds to a service or a node. */
export function isMaintenanceCheck(check: HealthCheck): boolean {
  return check.id === '_node_maintenance' || check.id.startsWith('_service_maintenance:');
}

/** The worst of the checks; without any, `passing`. The node's checks count for every service on it. */
export function healthOf(checks: readonly HealthCheck[]): ServiceHealth {
  let worst: ServiceHealth = 'passing';
  for (const check of checks) {
    if (check.status === 'critical' && isMaintenanceCheck(check)) return 'maintenance';
    if (check.status === 'critical') worst = 'critical';
    else if (check.status === 'warning' && worst === 'passing') worst = 'warning';
  }
  return worst;
}

/** The share of traffic an instance is to get by its health and weights; 0 with any critical check. */
export function weightOf(entry: HealthEntry): number {
  const health = healthOf(entry.checks);
  if (health === 'passing') return entry.service.weights.passing;
  return health === 'warning' ? entry.service.weights.warning : 0;
}

/** Where the instance is: its own address, or else its node's. */
export function addressOf(entry: HealthEntry): string {
  return entry.service.address === '' ? entry.node.address : entry.service.address;
}
