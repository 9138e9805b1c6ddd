import { appName } from './app-name.ts';
import type { AppPort, MarathonApp } from './marathon-app.ts';
import type { MarathonPod, PodContainer, PodContainerStatus, PodInstance } from './marathon-pod.ts';
import type { MarathonTask } from './marathon-task.ts';

/** A task, and the app that says how it is reached. A pod's containers are made to look like tasks of apps. */
export interface TaskView {
  readonly task: MarathonTask;
  /** Undefined: Marathon has none such, and only an event told of the task. */
  readonly app: MarathonApp | undefined;
}

/** What Marathon says of an app or a pod. */
export interface AppView {
  readonly appId: string;
  /** `absent`: Marathon has none such. `unread`: it could not be read, so what is in Consul stays as it is. */
  readonly state: 'read' | 'absent' | 'unread';
  /** Why it could not be read. */
  readonly problem: Error | undefined;
  /** Undefined for pods, and unless it was read. */
  readonly app: MarathonApp | undefined;
  readonly tasks: readonly TaskView[];
  /** Undefined unless it was read. */
  readonly labels: ReadonlyMap<string, string> | undefined;
  /** How many tasks there should be. */
  readonly wanted: number;
}

/** An app with its tasks. */
export function viewOfApp(app: MarathonApp, tasks: readonly MarathonTask[]): AppView {
  return {
    appId: app.id,
    state: 'read',
    problem: undefined,
    app,
    tasks: tasks.map((task) => ({ task, app })),
    labels: app.labels,
    wanted: app.instances,
  };
}

/** An app or pod that Marathon has not. */
export function absentView(appId: string): AppView {
  return { appId, state: 'absent', problem: undefined, app: undefined, tasks: [], labels: undefined, wanted: 0 };
}

/** An app or pod that could not be read. */
export function unreadView(appId: string, problem: Error): AppView {
  return { appId, state: 'unread', problem, app: undefined, tasks: [], labels: undefined, wanted: 0 };
}

/**
 * A pod: every container that has a task is one. With several containers each is a service of its own,
 * `<pod>-<container>`, unless its label `consul-name` says otherwise.
 */
export function viewOfPod(pod: MarathonPod): AppView {
  const containers = new Map(pod.containers.map((container) => [container.name, container]));
  const tasks = pod.instances.flatMap((instance) =>
    instance.containers.flatMap((status): readonly TaskView[] => {
      const container = containers.get(status.name);
      if (status.taskId === undefined || container === undefined) return [];
      const app = appOfContainer(pod, container);
      return [{ app, task: taskOfContainer({ pod, instance, container, status }, status.taskId) }];
    }),
  );
  const { id: appId, labels } = pod;
  const wanted = pod.wanted * pod.containers.length;
  return { appId, state: 'read', problem: undefined, app: undefined, tasks, labels, wanted };
}

function appOfContainer(pod: MarathonPod, container: PodContainer): MarathonApp {
  let onHost = 0;
  const ports = container.endpoints.map(
    (endpoint): AppPort => ({
      name: endpoint.name,
      protocols: endpoint.protocols,
      labels: endpoint.labels,
      containerPort: endpoint.containerPort,
      hostPortIndex: endpoint.onHost ? onHost++ : undefined,
      servicePort: undefined,
    }),
  );
  const check = container.healthCheck;
  const portIndex = container.endpoints.findIndex(({ name }) => name === check?.endpoint);
  const named = pod.containers.length > 1 ? [['consul-name', defaultName(pod, container)] as const] : [];
  return {
    id: pod.id,
    labels: new Map([...pod.labels, ...named, ...container.labels]),
    instances: pod.wanted,
    ports,
    networks: pod.networks,
    healthChecks: check === undefined ? [] : [{ ...check, portIndex: portIndex < 0 ? undefined : portIndex }],
    readinessChecks: [],
    readinessResults: [],
    version: pod.version,
    tasks: undefined,
  };
}

function defaultName(pod: MarathonPod, container: PodContainer): string {
  const name = pod.labels.get('consul-name')?.trim() || appName(pod.id);
  return `${name}-${container.name}`;
}

interface RunningContainer {
  readonly pod: MarathonPod;
  readonly instance: PodInstance;
  readonly container: PodContainer;
  readonly status: PodContainerStatus;
}

function taskOfContainer({ pod, instance, container, status }: RunningContainer, id: string): MarathonTask {
  const statuses = new Map(status.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  const onHost = container.endpoints.filter((endpoint) => endpoint.onHost);
  const healthy = statuses.get(container.healthCheck?.endpoint ?? '')?.healthy;
  return {
    id,
    appId: pod.id,
    host: instance.host,
    ports: onHost.map(({ name }) => statuses.get(name)?.hostPort ?? 0),
    servicePorts: [],
    ipAddresses: instance.addresses.map((address) => ({ address, protocol: 'IPv4' })),
    state: status.state,
    phase: status.phase,
    startedAt: undefined,
    stagedAt: undefined,
    version: pod.version,
    agentId: undefined,
    healthCheckResults: healthy === undefined ? [] : [{ alive: healthy, consecutiveFailures: 0 }],
  };
}
