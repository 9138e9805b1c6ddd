import type { HealthCheck, HealthEntry } from '../consul/decode/health.ts';
import { addressOf, healthOf, isMaintenanceCheck } from '../consul/health-status.ts';
import type { Endpoint, EndpointCheck } from '../upstream/endpoint.ts';
import type { InstanceFilter } from './instance-filter.ts';
import { SharedLabels } from './shared-labels.ts';

/** One list for all who pass: a large catalog has a hundred thousand of them. */
const NO_CHECKS: readonly EndpointCheck[] = [];

/**
 * The endpoint that an entry of `/v1/health/service` tells of (docs/consul-client.md 39–41). All instances become endpoints, also
 * the critical ones: who may be used is decided by the upstream, which needs the others for panic and for `explain`.
 *
 * The weight is the warning weight while any check warns, else the passing weight: a critical instance keeps a share
 * for the moment of panic. Metadata are the node's, overlaid by the service's own.
 */
function endpointOf(entry: HealthEntry, shared: SharedLabels): Endpoint {
  const { node, service, checks } = entry;
  const health = healthOf(checks);
  return {
    id: `${node.name}/${service.id}`,
    host: addressOf(entry),
    port: service.port,
    weight: health === 'warning' ? service.weights.warning : service.weights.passing,
    health,
    tags: shared.tags(service.tags),
    meta: shared.meta(service.meta.size === 0 ? node.meta : new Map([...node.meta, ...service.meta])),
    node: shared.text(node.name),
    datacenter: shared.text(node.datacenter),
    checks: health === 'passing' ? NO_CHECKS : checks.filter(isFailing).map(endpointCheck),
  };
}

/**
 * Reads endpoints out of entries; undefined for an instance that is not among those asked for.
 * @param tag only instances that have it
 * @param isIn only instances for which it holds
 * @param shared what instances have in common; may be shared with other readers
 */
export function endpointReader(
  tag: string | undefined,
  isIn?: InstanceFilter | undefined,
  shared: SharedLabels = new SharedLabels(),
): (entry: HealthEntry) => Endpoint | undefined {
  return (entry) => {
    if (isIn?.(entry) === false) return undefined;
    const endpoint = endpointOf(entry, shared);
    return tag === undefined || hasTag(endpoint, tag) ? endpoint : undefined;
  };
}

function isFailing({ status }: HealthCheck): boolean {
  return status !== 'passing';
}

/** A check of maintenance has the operator's reason in its notes, and no output. */
function endpointCheck(check: HealthCheck): EndpointCheck {
  const { id, name, status, output, notes } = check;
  const isMaintenance = status === 'critical' && isMaintenanceCheck(check);
  return {
    id,
    name,
    status: isMaintenance ? 'maintenance' : status,
    output: isMaintenance ? output || notes : output,
  };
}

/** Whether the instance has the tag; like Consul's own `?tag`, whatever the case. */
function hasTag({ tags }: Endpoint, tag: string): boolean {
  const wanted = tag.toLowerCase();
  return tags.some((each) => each.toLowerCase() === wanted);
}
