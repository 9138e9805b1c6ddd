import { createHash } from 'node:crypto';
import type { CheckStatus } from '../consul/decode/health.ts';
import type { CheckDefinition, CheckProbe } from '../consul/service-definition.ts';
import type { AppHealthCheck, MarathonApp } from './marathon-app.ts';
import type { MarathonTask } from './marathon-task.ts';
import { type ReachedAt, reachedPort } from './task-address.ts';

/** A check to register; its id is always set. */
export interface WantedCheck extends CheckDefinition {
  readonly id: string;
}

/** What an app's health checks become for a task's service. */
export interface WantedChecks {
  readonly checks: readonly WantedCheck[];
  readonly warnings: readonly string[];
}

/** Consul's floor; it would raise a shorter one by itself. */
const MIN_INTERVAL_MS = 1_000;

/**
 * Marathon's health checks as Consul's, which the agent on the task's host runs. A grace period has no counterpart:
 * the check begins with what Marathon knows of the task, or else critical, so that a task that is not yet well gets no
 * requests, whatever the reason. A command cannot be run by Consul and is left out.
 */
export function consulChecks(task: MarathonTask, app: MarathonApp, at: ReachedAt): WantedChecks {
  const checks: WantedCheck[] = [];
  const warnings: string[] = [];
  for (const [index, check] of app.healthChecks.entries()) {
    const probe = probeOf(check, app, at);
    if (typeof probe === 'string') {
      warnings.push(`health check ${index} (${check.protocolName}) is left out: ${probe}`);
      continue;
    }
    const definition = { probe, name: `Marathon ${check.protocolName} check`, failuresBeforeCritical: patience(check) };
    checks.push({ ...definition, id: checkId(task.id, index, definition), status: initialStatus(task, index) });
  }
  return { checks, warnings };
}

/** The check of a further service of a task: as well as the task's own service is, on the same agent. */
export function aliasCheck(serviceId: string, task: MarathonTask): WantedCheck {
  return { id: `${serviceId}:check-alias`, name: 'Marathon task', probe: { kind: 'alias', service: task.id } };
}

/** Whether a check with this id is one that this bridge made for the service. */
export function isBridgeCheck(checkId: string, serviceId: string): boolean {
  return checkId.startsWith(`${serviceId}:check-`);
}

/**
 * Unique on the node, since the service's id is. Agents do not tell how a check of theirs is defined, so the id says
 * it: another definition is another id, and a sync sees the difference.
 */
function checkId(serviceId: string, index: number, definition: Omit<CheckDefinition, 'status'>): string {
  const digest = createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 12);
  return `${serviceId}:check-${index}-${digest}`;
}

/** Why there is no probe, or the probe. */
function probeOf(check: AppHealthCheck, app: MarathonApp, at: ReachedAt): CheckProbe | string {
  const { protocol } = check;
  if (protocol === 'command') return 'Consul does not run commands inside a task';
  if (protocol === 'other') return 'not a kind of check that Consul has';
  const port = portOf(check, app, at);
  if (port === undefined) return 'its port is not one that is reached from the host';
  const host = `${at.address.includes(':') ? `[${at.address}]` : at.address}:${port}`;
  const interval = { intervalMs: Math.max(MIN_INTERVAL_MS, check.intervalMs), timeoutMs: check.timeoutMs };
  if (protocol === 'tcp') return { kind: 'tcp', address: host, ...interval };
  if (protocol === 'grpc') return { kind: 'grpc', address: host, ...interval };
  const path = check.path.startsWith('/') ? check.path : `/${check.path}`;
  // Marathon takes any certificate in a health check, and those who wrote the check rely on it.
  const tls = protocol === 'https' ? { tlsSkipVerify: true } : {};
  return { kind: 'http', url: `${protocol}://${host}${path}`, ...tls, ...interval };
}

/** `port` is the task's own, `portIndex` one of the app's; without either the first. */
function portOf({ port, portIndex }: AppHealthCheck, app: MarathonApp, at: ReachedAt): number | undefined {
  return port === undefined || port === 0 ? at.ports[portIndex ?? 0] : reachedPort(port, at, app);
}

/** Consul counts the failures before the one that makes it critical. 0 in Marathon is "never kill", and says nothing. */
function patience({ maxConsecutiveFailures }: AppHealthCheck): number | undefined {
  return maxConsecutiveFailures > 1 ? maxConsecutiveFailures - 1 : undefined;
}

function initialStatus({ healthCheckResults }: MarathonTask, index: number): CheckStatus {
  return healthCheckResults[index]?.alive === true ? 'passing' : 'critical';
}
