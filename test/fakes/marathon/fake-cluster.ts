import { appJson, type Json, type KeptApp, podJson, taskJson } from './app-shapes.ts';
import { apiPost, deployment, type EventBody, healthChanged, instanceChanged, statusUpdate } from './event-shapes.ts';
import type { FakeApp, FakePod, FakePodInstance, FakeTask } from './fake-app.ts';
import type { VersionTraits } from './marathon-version.ts';

/** Where the cluster's time begins. Each event and change takes a millisecond. */
const EPOCH_MS = Date.UTC(2021, 4, 3);
const FIRST_HOST_PORT = 31_000;
const FIRST_SERVICE_PORT = 10_000;

/** The states after which Marathon lists a task no more. */
const GONE = /^TASK_(FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR|UNKNOWN)$/;

/** A pod as the cluster keeps it. */
export interface KeptPod {
  readonly pod: FakePod;
  readonly instances: readonly FakePodInstance[];
  readonly version: string;
}

/** What a fake cluster is made of. */
export interface FakeClusterOptions {
  readonly traits: VersionTraits;
  /** Tasks go to these in turn. */
  readonly hosts: readonly string[];
  /** Takes every event, complete with its time. */
  readonly publish: (event: EventBody) => void;
}

/** What a Marathon cluster knows: apps, tasks, pods. Every change says so by the events that Marathon would send. */
export class FakeCluster {
  readonly apps: Map<string, KeptApp> = new Map();
  /** By id, in the order of their launch; those that ended are not there. */
  readonly tasks: Map<string, FakeTask> = new Map();
  readonly pods: Map<string, KeptPod> = new Map();
  readonly #options: FakeClusterOptions;
  #ticks = 0;
  #made = 0;
  #ports = 0;

  constructor(options: FakeClusterOptions) {
    this.#options = options;
  }

  /** Makes an app without a task, or gives it another definition; its tasks stay as they are. */
  define(wanted: FakeApp): KeptApp {
    const ports = wanted.ports ?? [{}];
    const old = this.apps.get(wanted.id);
    const app: KeptApp = {
      ...wanted,
      instances: wanted.instances ?? 1,
      network: wanted.network ?? 'host',
      ports: ports.map((port, index) => ({
        ...port,
        servicePort: port.servicePort ?? old?.ports[index]?.servicePort ?? FIRST_SERVICE_PORT + this.#made + index,
      })),
      version: this.now(),
      deploymentId: undefined,
    };
    this.apps.set(app.id, app);
    this.publish(apiPost(app, this.#options.traits));
    return app;
  }

  /** A new task of an app, staging. @param host default: the next one */
  launch(appId: string, host?: string): FakeTask {
    const app = this.apps.get(appId);
    if (app === undefined) throw new Error(`no app ${appId}`);
    const { hosts, traits } = this.#options;
    const uuid = this.#uuid();
    const base = appId.slice(1).replaceAll('/', '_');
    const task: FakeTask = {
      id: traits.networks ? `${base}.instance-${uuid}._app.1` : `${base}.${uuid}`,
      instanceId: `${base}.${traits.networks ? 'instance' : 'marathon'}-${uuid}`,
      appId,
      host: host ?? hosts[this.#made % hosts.length] ?? '127.0.0.1',
      ports: app.ports.filter((port) => hasHostPort(app, port.onHost, traits)).map(() => this.#hostPort()),
      ip: `10.0.${(this.#made >> 8) & 255}.${this.#made & 255}`,
      state: 'TASK_STAGING',
      stagedAt: this.now(),
      startedAt: undefined,
      version: app.version,
      health: (app.healthChecks ?? []).map(() => undefined),
      ready: true,
    };
    this.tasks.set(task.id, task);
    this.#tell(task);
    return task;
  }

  /** Gives a task another state. One that ended is gone. */
  move(id: string, state: string): FakeTask {
    const task = this.task(id);
    task.state = state;
    if (state === 'TASK_RUNNING') task.startedAt ??= this.now();
    if (GONE.test(state)) this.tasks.delete(id);
    this.#tell(task);
    return task;
  }

  /** What the app's health checks say of a task. */
  heal(id: string, alive: boolean): void {
    const task = this.task(id);
    task.health = task.health.map(() => alive);
    for (const event of healthChanged(task, alive, this.#options.traits)) this.publish(event);
  }

  /** Deletes an app, with the events of its deployment; its tasks must be gone. */
  remove(appId: string): void {
    const app = this.apps.get(appId);
    if (app === undefined) return;
    this.apps.delete(appId);
    this.publish({ eventType: 'app_terminated_event', appId });
    this.deploys(appId, 'StopApplication', 'deployment_success');
  }

  /** Says that a deployment of an app began, went on or ended. */
  deploys(appId: string, action: string, eventType: Parameters<typeof deployment>[0]): void {
    this.publish(deployment(eventType, { id: this.#uuid(), appId, action }, this.#options.traits));
  }

  /** Makes a pod with all its instances running, or gives it another definition and new instances. */
  definePod(pod: FakePod): readonly FakePodInstance[] {
    const { hosts } = this.#options;
    const instances = Array.from({ length: pod.instances ?? 1 }, (): FakePodInstance => {
      const id = `${pod.id.slice(1).replaceAll('/', '_')}.instance-${this.#uuid()}`;
      const wanted = pod.containers.flatMap(({ name, endpoints = [] }) =>
        endpoints.filter((each) => each.hostPort !== undefined).map((each) => `${name}/${each.name}`),
      );
      return {
        id,
        host: hosts[this.#made % hosts.length] ?? '127.0.0.1',
        ip: `10.1.0.${this.#made & 255}`,
        states: new Map(pod.containers.map(({ name }) => [name, 'TASK_RUNNING'])),
        hostPorts: new Map(wanted.map((name) => [name, this.#hostPort()])),
      };
    });
    const eventType = this.pods.has(pod.id) ? 'pod_updated_event' : 'pod_created_event';
    this.pods.set(pod.id, { pod, instances, version: this.now() });
    const uri = eventType === 'pod_created_event' ? '/v2/pods' : `/v2/pods${pod.id}`;
    this.publish({ eventType, clientIp: '127.0.0.1', uri });
    for (const { id, host } of instances) {
      const common = { appId: pod.id, host, version: this.now() };
      for (const { name } of pod.containers) {
        const taskId = `${id}.${name}`;
        this.publish({ eventType: 'status_update_event', ...common, taskId, taskStatus: 'TASK_RUNNING', ports: [] });
      }
      this.publish(instanceChanged({ ...common, instanceId: id, state: 'TASK_RUNNING' }));
    }
    return instances;
  }

  /** Deletes a pod and its instances. */
  removePod(id: string): void {
    this.pods.delete(id);
    this.publish({ eventType: 'pod_deleted_event', clientIp: '127.0.0.1', uri: `/v2/pods${id}` });
  }

  task(id: string): FakeTask {
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  tasksOf(appId: string): readonly FakeTask[] {
    return [...this.tasks.values()].filter((task) => task.appId === appId);
  }

  /** `{"app": …}` and the entries of `{"apps": […]}`. */
  appJson(app: KeptApp, withTasks: boolean): Json {
    const { traits } = this.#options;
    const tasks = this.tasksOf(app.id);
    const of = (state: string) => tasks.filter((task) => task.state === state).length;
    const checks = (app.readinessChecks?.length ?? 0) > 0 && traits.portDefinitions;
    return {
      ...appJson(app, traits),
      tasksStaged: of('TASK_STAGING'),
      tasksRunning: of('TASK_RUNNING'),
      ...(withTasks ? { tasks: tasks.map((task) => taskJson(task, app, traits)) } : {}),
      ...(withTasks && checks
        ? { readinessCheckResults: tasks.map(({ id, ready }) => ({ name: 'readinessCheck', taskId: id, ready })) }
        : {}),
    };
  }

  tasksJson(tasks: Iterable<FakeTask>): Json {
    const { traits } = this.#options;
    return { tasks: [...tasks].map((task) => taskJson(task, this.apps.get(task.appId), traits)) };
  }

  podJson(id: string): Json | undefined {
    const kept = this.pods.get(id);
    return kept === undefined ? undefined : podJson(kept.pod, kept.instances, kept.version);
  }

  /** ISO 8601; never the same twice. */
  now(): string {
    this.#ticks += 1;
    return new Date(EPOCH_MS + this.#ticks).toISOString();
  }

  /** Completes an event with its time and sends it. */
  publish(event: EventBody): void {
    this.#options.publish({ ...event, timestamp: this.now() });
  }

  #tell(task: FakeTask): void {
    const { traits } = this.#options;
    this.publish(statusUpdate(task, this.apps.get(task.appId), traits));
    if (traits.instances) this.publish(instanceChanged(task));
  }

  #hostPort(): number {
    this.#ports += 1;
    return FIRST_HOST_PORT + (this.#ports % 30_000);
  }

  #uuid(): string {
    this.#made += 1;
    return `${this.#made.toString(16).padStart(8, '0')}-0000-4000-8000-5c1e5c1e5c1e`;
  }
}

/** On a container network of Marathon before 1.5 no port is on the host. */
function hasHostPort(app: KeptApp, onHost: boolean | undefined, traits: VersionTraits): boolean {
  if (app.network !== 'container') return true;
  return traits.networks && onHost !== false;
}
