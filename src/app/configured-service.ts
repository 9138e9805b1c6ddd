import {
  type CheckKind,
  type CheckSettings,
  DEFAULT_CHECK,
  type ServiceSettings,
} from '../registration/service-settings.ts';
import type { CheckConfig, ServiceConfig } from './config.ts';
import { durationMs } from './units.ts';

/** What the `service` section says, as registration takes it. @param port the app's, chosen by now */
export function configuredService(config: ServiceConfig, port: number): ServiceSettings {
  const { name, address, id, tags, weights, enableTagOverride } = config;
  const checks =
    config.checks ?? (config.check === 'none' ? [] : config.check === undefined ? undefined : [config.check]);
  return {
    name,
    port,
    address,
    id,
    tags,
    meta: new Map(Object.entries(config.meta)),
    weights,
    checks: checks === undefined ? [DEFAULT_CHECK] : checks.map(configuredCheck),
    waitForAppMs: durationMs(config.waitForApp),
    enableTagOverride,
  };
}

function configuredCheck(check: CheckConfig): CheckSettings {
  const { id, name, status, rise, fall } = check;
  const deregisterAfterMs = orDefault(check.deregisterAfter, DEFAULT_CHECK.deregisterAfterMs);
  return { ...kindOf(check), id, name, status, rise, fall, deregisterAfterMs };
}

function kindOf(check: CheckConfig): CheckKind {
  if (check.ttl !== undefined) return { kind: 'ttl', ttlMs: durationMs(check.ttl) };
  const probed = DEFAULT_CHECK.kind === 'http' ? DEFAULT_CHECK : undefined;
  const intervalMs = orDefault(check.interval, probed?.intervalMs ?? 0);
  const timeoutMs = orDefault(check.timeout, probed?.timeoutMs ?? 0);
  const { method, tlsSkipVerify } = check;
  if (check.http !== undefined) {
    const headers = check.headers === undefined ? undefined : new Map(Object.entries(check.headers));
    return { kind: 'http', target: check.http, method, headers, tlsSkipVerify, intervalMs, timeoutMs };
  }
  if (check.grpc !== undefined) {
    return { kind: 'grpc', target: check.grpc === true ? undefined : check.grpc, tlsSkipVerify, intervalMs, timeoutMs };
  }
  return { kind: 'tcp', target: check.tcp === true ? undefined : check.tcp, intervalMs, timeoutMs };
}

function orDefault(text: string | undefined, fallbackMs: number): number {
  return text === undefined ? fallbackMs : durationMs(text);
}
