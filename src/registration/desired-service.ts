import type { CheckDefinition, CheckProbe, ServiceDefinition } from '../consul/service-definition.ts';
import { checkServiceRules } from './service-rules.ts';
import type { CheckSettings, ServiceSettings } from './service-settings.ts';

/** The registration that is wanted, complete: the id and every check's id are set. */
export interface DesiredService extends ServiceDefinition {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: ReadonlyMap<string, string>;
  readonly weights: { readonly passing: number; readonly warning: number };
  readonly enableTagOverride: boolean;
  readonly checks: readonly DesiredCheck[];
}

/** A check that is wanted. */
export interface DesiredCheck extends CheckDefinition {
  readonly id: string;
}

/** What {@link desiredService} made. */
export interface Desired {
  readonly service: DesiredService;
  /** What works, but probably not as it is meant; for the log, once. */
  readonly warnings: readonly string[];
}

/**
 * Turns settings into what Consul is to be told. Pure.
 * @param address where others reach the app, resolved
 * @param identityUrl the sidecar's own health URL for this very instance; `http` checks by path then go there
 * @throws CodedError `invalid_registration` naming the rule
 */
export function desiredService(settings: ServiceSettings, address: string, identityUrl?: string): Desired {
  const warnings = checkServiceRules(settings);
  const { name, port, tags, meta, weights, enableTagOverride } = settings;
  const id = settings.id ?? `${name}-${address}-${port}`;
  const host = address.includes(':') ? `[${address}]` : address;
  const checks = settings.checks.map(
    (check, index): DesiredCheck => ({
      id: checkId(check, id, settings.checks.length === 1 ? undefined : index + 1),
      name: check.name ?? `${name} ${check.kind}`,
      probe: probeOf(check, `${host}:${port}`, identityUrl),
      status: check.status,
      successBeforePassing: check.kind === 'ttl' ? undefined : extra(check.rise),
      failuresBeforeCritical: check.kind === 'ttl' ? undefined : extra(check.fall),
      deregisterCriticalServiceAfterMs: check.deregisterAfterMs,
    }),
  );
  return { service: { id, name, address, port, tags, meta, weights, enableTagOverride, checks }, warnings };
}

/** Consul counts the results beyond the first; agents before 1.7 refuse the field, so it is sent only if it says something. */
function extra(resultsInARow: number | undefined): number | undefined {
  return resultsInARow === undefined || resultsInARow <= 1 ? undefined : resultsInARow - 1;
}

/**
 * Check ids are unique on the whole node, and a second check with an id takes the first one over with its status
 * (docs/consul-client.md 24): each therefore holds the id of its service.
 */
function checkId(check: CheckSettings, serviceId: string, position: number | undefined): string {
  const { id } = check;
  if (id !== undefined) return id.includes(serviceId) ? id : `${id}:${serviceId}`;
  return position === undefined ? `service:${serviceId}` : `service:${serviceId}:${position}`;
}

function probeOf(check: CheckSettings, appAddress: string, identityUrl: string | undefined): CheckProbe {
  if (check.kind === 'ttl') return { kind: 'ttl', ttlMs: check.ttlMs };
  const { intervalMs, timeoutMs } = check;
  switch (check.kind) {
    case 'http':
      return {
        kind: 'http',
        url: urlOf(check.target, appAddress, identityUrl),
        method: check.method,
        headers: check.headers && new Map([...check.headers].map(([name, value]) => [name, [value]])),
        tlsSkipVerify: check.tlsSkipVerify,
        intervalMs,
        timeoutMs,
      };
    case 'tcp':
      return { kind: 'tcp', address: check.target ?? appAddress, intervalMs, timeoutMs };
    case 'grpc': {
      const { useTls, tlsSkipVerify } = check;
      return { kind: 'grpc', address: check.target ?? appAddress, useTls, tlsSkipVerify, intervalMs, timeoutMs };
    }
  }
}

function urlOf(target: string, appAddress: string, identityUrl: string | undefined): string {
  if (/^https?:\/\//i.test(target)) return target;
  return identityUrl ?? `http://${appAddress}${target.startsWith('/') ? '' : '/'}${target}`;
}
