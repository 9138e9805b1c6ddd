import type { MarathonReads } from '../../src/marathon/bridge-options.ts';
import { decodeApps, decodeSingleApp } from '../../src/marathon/decode-app.ts';
import { decodeEvent } from '../../src/marathon/decode-event.ts';
import { MarathonError } from '../../src/marathon/marathon-error.ts';
import type { MarathonEvent } from '../../src/marathon/marathon-event.ts';
import type { KeptApp } from '../fakes/marathon/app-shapes.ts';
import type { FakeApp, FakeTask } from '../fakes/marathon/fake-app.ts';
import { FakeCluster } from '../fakes/marathon/fake-cluster.ts';
import { VERSIONS } from '../fakes/marathon/marathon-version.ts';

/** A Marathon in memory, without HTTP, whose answers and events go through the real decoders. */
export class MemoryMarathon {
  readonly cluster: FakeCluster;
  isUp = true;
  /** While true it answers that it has no apps, as one might that has lost its state. */
  isEmpty = false;
  /** Apps whose JSON cannot be understood. */
  readonly isGarbled: Set<string> = new Set();
  /** Hears every event, also while it is down. */
  onEvent: (event: MarathonEvent) => void = () => undefined;
  /** Hears every request before it is answered. */
  onRead: () => void | Promise<void> = () => undefined;
  reads = 0;

  constructor(hosts: readonly string[]) {
    const publish = (event: object) => this.onEvent(decodeEvent(event));
    this.cluster = new FakeCluster({ traits: VERSIONS['1.8'], hosts, publish });
  }

  get api(): MarathonReads {
    const json = (app: KeptApp) =>
      this.isGarbled.has(app.id) ? { id: app.id, instances: 'many' } : this.cluster.appJson(app, true);
    const whole = () => [...this.cluster.apps.values()].map(json);
    return {
      apps: async (signal) => {
        await this.#read(signal);
        return decodeApps({ apps: this.isEmpty ? [] : whole() });
      },
      app: async (id, signal) => {
        await this.#read(signal);
        const app = this.cluster.apps.get(id);
        return app === undefined ? undefined : decodeSingleApp({ app: json(app) });
      },
      tasks: async () => [],
      pods: async () => ({ read: [], unreadable: [] }),
      pod: async () => undefined,
    };
  }

  running(appId?: string): readonly FakeTask[] {
    const tasks = appId === undefined ? [...this.cluster.tasks.values()] : this.cluster.tasksOf(appId);
    return tasks.filter(({ state }) => state === 'TASK_RUNNING');
  }

  deploy(app: FakeApp): void {
    this.cluster.define(app);
    this.scale(app.id, app.instances ?? 1);
  }

  scale(id: string, instances: number): void {
    const app = this.cluster.apps.get(id);
    if (app === undefined) return;
    if (app.instances !== instances) this.cluster.define({ ...app, instances });
    while (this.cluster.tasksOf(id).length < instances) this.launch(id);
    for (const task of this.cluster.tasksOf(id).slice(instances)) this.kill(task.id);
  }

  /** A new definition, and new tasks for it before the old ones are killed. */
  update(id: string, changes: Partial<FakeApp>): void {
    const app = this.cluster.apps.get(id);
    if (app === undefined) return;
    const old = this.cluster.tasksOf(id);
    this.cluster.define({ ...app, ...changes });
    for (let count = 0; count < app.instances; count++) this.launch(id);
    for (const task of old) this.kill(task.id);
  }

  destroy(id: string): void {
    for (const task of this.cluster.tasksOf(id)) this.kill(task.id);
    this.cluster.remove(id);
  }

  launch(id: string): void {
    const task = this.cluster.launch(id);
    this.cluster.move(task.id, 'TASK_STARTING');
    this.cluster.move(task.id, 'TASK_RUNNING');
  }

  kill(taskId: string): void {
    this.cluster.move(taskId, 'TASK_KILLING');
    this.cluster.move(taskId, 'TASK_KILLED');
  }

  async #read(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.onRead();
    signal.throwIfAborted();
    this.reads += 1;
    if (this.isUp) return;
    throw new MarathonError({ kind: 'Unreachable', method: 'GET', url: 'http://marathon', problem: 'is down' });
  }
}
