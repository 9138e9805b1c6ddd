import type { Clock } from '../../src/runtime/clock.ts';
import type { MemoryMarathon } from './marathon-bridge-cluster.ts';
import type { MemoryCall, MemoryConsul } from './marathon-bridge-memory.ts';

/** What a {@link LastHealthyWatcher} looks at. */
export interface WatchedCluster {
  readonly consul: MemoryConsul;
  readonly marathon: MemoryMarathon;
  readonly clock: Clock;
}

/** Looks at every write before it is carried out: the last healthy instance of a running app is not to be taken away. */
export class LastHealthyWatcher {
  /** Writes that would have, in words. */
  readonly violations: string[] = [];
  readonly #watched: WatchedCluster;
  /** When a task last changed its state. */
  readonly #changedMs = new Map<string, number>();
  #roundStartMs = 0;

  constructor(watched: WatchedCluster) {
    this.#watched = watched;
  }

  /** The bridge begins to look at Marathon: what changes from now on, it may not know. */
  roundStarted(): void {
    this.#roundStartMs = this.#watched.clock.nowMs();
  }

  taskChanged(taskId: string): void {
    this.#changedMs.set(taskId, this.#watched.clock.nowMs());
  }

  check({ doing, node, on: id }: MemoryCall): void {
    const { consul, marathon } = this.#watched;
    const task = marathon.cluster.tasks.get(id);
    if (doing !== 'deregister' || task?.state !== 'TASK_RUNNING') return;
    if (node?.isUp !== true || !node.services.has(id)) return;
    if ((this.#changedMs.get(id) ?? 0) >= this.#roundStartMs) return;
    const others = consul.nodes.flatMap((each) =>
      each.isUp ? [...each.services.keys()].filter((other) => other !== id || each !== node) : [],
    );
    const hasOther = others.some((other) => {
      const { appId, state } = marathon.cluster.tasks.get(other) ?? {};
      return appId === task.appId && state === 'TASK_RUNNING';
    });
    if (!hasOther) this.violations.push(`${id} was the last of ${task.appId}, on ${node.host}`);
  }
}
