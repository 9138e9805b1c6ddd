import type { MarathonApp } from './marathon-app.ts';
import type { MarathonTask } from './marathon-task.ts';

/** Where a task is reached. */
export interface ReachedAt {
  readonly address: string;
  /** By index of the app's ports; undefined where that port cannot be reached from outside the task. */
  readonly ports: readonly (number | undefined)[];
}

/**
 * Where a task is reached: on its host, or at an address of its own when it is on a container network and has no port
 * on the host. Undefined while it has neither.
 * @param app undefined when Marathon has none such; the ports are then taken as the task has them
 */
export function reachedAt(task: MarathonTask, app: MarathonApp | undefined): ReachedAt | undefined {
  const own = task.ipAddresses[0]?.address;
  const isOnOwn = app?.networks.some(({ mode }) => mode === 'container') === true && task.ports.length === 0;
  if (app !== undefined && isOnOwn && own !== undefined) {
    return { address: own, ports: app.ports.map(({ containerPort }) => usable(containerPort)) };
  }
  if (task.host === undefined) return undefined;
  return { address: task.host, ports: hostPorts(task, app) };
}

/** The port at which a port inside the task's network is reached, where the task has one of its own. */
export function reachedPort(inside: number, at: ReachedAt, app: MarathonApp): number | undefined {
  if (app.networks.every(({ mode }) => mode === 'host')) return inside;
  const index = app.ports.findIndex(({ containerPort }) => containerPort === inside);
  if (index >= 0) return at.ports[index];
  const isOnOwn = app.networks.some(({ mode }) => mode === 'container');
  return isOnOwn && app.ports.every(({ hostPortIndex }) => hostPortIndex === undefined) ? inside : undefined;
}

function hostPorts(task: MarathonTask, app: MarathonApp | undefined): readonly (number | undefined)[] {
  const mapped = app?.ports.map(({ hostPortIndex }) =>
    hostPortIndex === undefined ? undefined : usable(task.ports[hostPortIndex]),
  );
  // Between two versions of an app, or where its ports are not known, a task may have more ports than the app says.
  if (mapped !== undefined && mapped.filter((port) => port !== undefined).length >= task.ports.length) return mapped;
  return task.ports.map(usable);
}

function usable(port: number | undefined): number | undefined {
  return port === undefined || port === 0 ? undefined : port;
}
