import { appName } from './app-name.ts';
import type { WantedService } from './bridge-action.ts';
import { aliasCheck, consulChecks, type WantedChecks } from './consul-checks.ts';
import { type RegistrationLabels, registrationLabels } from './consul-labels.ts';
import type { AppPort, MarathonApp } from './marathon-app.ts';
import type { MarathonTask } from './marathon-task.ts';
import { ownTags } from './own-tags.ts';
import { type ReachedAt, reachedAt } from './task-address.ts';

const NO_CHECKS: WantedChecks = { checks: [], warnings: [] };

/** What registrations depend on besides app and task. */
export interface RegistrationRules {
  readonly registrationId: string;
  /** Whether Marathon's health checks become Consul's. */
  readonly healthChecks: boolean;
}

/** What a task becomes in Consul. */
export interface TaskRegistration {
  /** The task's own service, and those that labels ask for; none when it cannot be reached anywhere. */
  readonly services: readonly WantedService[];
  /** What works, but probably not as it is meant. */
  readonly warnings: readonly string[];
}

/**
 * The services of a task that runs: one as Consular makes it (id = task id, the lowest port), and one more for each port
 * that labels ask for.
 * @param app undefined when Marathon has none such: then what the task tells has to do
 */
export function taskRegistration(
  task: MarathonTask,
  app: MarathonApp | undefined,
  rules: RegistrationRules,
): TaskRegistration {
  const at = reachedAt(task, app);
  if (at === undefined || task.host === undefined) {
    return { services: [], warnings: ['a task runs that has no host, and so is not registered'] };
  }
  const labels = registrationLabels(app?.labels ?? new Map());
  const warnings = [...labels.warnings];
  const name = labels.name ?? appName(task.appId);
  const tags = [...ownTags(rules.registrationId, task.appId), ...labels.tags];
  const base = { appId: task.appId, taskId: task.id, host: task.host, address: at.address };
  const made = app === undefined || !rules.healthChecks ? NO_CHECKS : consulChecks(task, app, at);
  warnings.push(...made.warnings);
  const port = mainPort(at, labels, warnings);
  const services: WantedService[] = [{ ...base, id: task.id, name, tags, port, checks: made.checks }];
  for (const { id, index, warnings: found, ...own } of extraPorts(task, app, labels)) {
    const portNumber = at.ports[index];
    warnings.push(...found);
    if (portNumber === undefined) warnings.push(`port ${index} is to be a service, and a task has no such port`);
    else {
      const checks = made.checks.length === 0 ? [] : [aliasCheck(id, task)];
      services.push({ ...base, ...own, id, name: own.name, tags: [...tags, ...own.tags], port: portNumber, checks });
    }
  }
  return { services, warnings: [...new Set(warnings)] };
}

/** Consular's rule, unless a label says which: the lowest of several ports, with a warning. */
function mainPort(at: ReachedAt, { portIndex }: RegistrationLabels, warnings: string[]): number | undefined {
  if (portIndex !== undefined) {
    const port = at.ports[portIndex];
    if (port !== undefined) return port;
    warnings.push(`label consul-port: a task has no port with index ${portIndex}; the lowest is taken`);
  }
  const ports = at.ports.filter((port) => port !== undefined);
  if (ports.length === 0) return undefined;
  if (ports.length > 1 && portIndex === undefined) {
    warnings.push(`a task has ${ports.length} ports; the lowest is registered (labels: consul-port, consul-ports)`);
  }
  return Math.min(...ports);
}

interface ExtraPort extends Pick<RegistrationLabels, 'tags' | 'warnings'> {
  readonly id: string;
  readonly name: string;
  /** In the app's ports. */
  readonly index: number;
}

/** The ports that are services of their own: by a label of theirs, or by `consul-ports` of the app. */
function extraPorts(
  task: MarathonTask,
  app: MarathonApp | undefined,
  labels: RegistrationLabels,
): readonly ExtraPort[] {
  const used = new Set<string>();
  return (app?.ports ?? []).flatMap((port, index) => {
    const own = registrationLabels(port.labels);
    const isAsked = labels.ports === 'all' || (labels.ports === 'named' && port.name !== undefined);
    if (own.name === undefined && !isAsked) return [];
    const suffix = suffixOf(port, index, used);
    const name = own.name ?? `${labels.name ?? appName(task.appId)}-${suffix}`;
    return [{ id: `${task.id}:${suffix}`, index, name, tags: own.tags, warnings: own.warnings }];
  });
}

/** The port's name, or its index where it has none or shares it: ids must stay apart. */
function suffixOf({ name }: AppPort, index: number, used: Set<string>): string {
  let suffix = name === undefined || name === '' || used.has(name) ? String(index) : name;
  while (used.has(suffix)) suffix = `port-${suffix}`;
  used.add(suffix);
  return suffix;
}

/** The task that a service is of: its id up to the port's suffix. Task ids have no colon. */
export function taskOfService(serviceId: string): string {
  const colon = serviceId.indexOf(':');
  return colon < 0 ? serviceId : serviceId.slice(0, colon);
}
