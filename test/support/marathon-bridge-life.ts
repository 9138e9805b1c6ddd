import { Bridge } from '../../src/marathon/bridge.ts';
import type { MarathonEvent } from '../../src/marathon/marathon-event.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { FakeClock } from './fake-clock.ts';
import { oneOf, someLabels, weighted } from './marathon-bridge-chance.ts';
import { MemoryMarathon } from './marathon-bridge-cluster.ts';
import { FlakyEvents } from './marathon-bridge-flaky-events.ts';
import { LastHealthyWatcher } from './marathon-bridge-last-healthy.ts';
import { type MemoryCall, MemoryConsul } from './marathon-bridge-memory.ts';
import { bridgeSettings } from './marathon-bridge-settings.ts';
import { strangers } from './marathon-bridge-strangers.ts';

/** How large a life is. */
export interface LifeOptions {
  readonly seed: number;
  readonly apps: number;
  readonly tasks: number;
  readonly steps: number;
}

const SYNC_INTERVAL_MS = 30_000;
/** Nothing is down for longer than so many steps: what goes while nobody looks must stay under `maxPurge`. */
const LONGEST_FAULT_STEPS = 4;

/**
 * A scripted life of a cluster with a bridge: apps come, grow, shrink, fail, change and go; agents, Marathon and the
 * bridge itself fail at random moments; events are lost, late, doubled and out of order. The same for the same seed.
 */
export class BridgeLife {
  /** Sees to it that no write takes away the last healthy instance of a running app. */
  readonly watcher: LastHealthyWatcher;
  readonly consul: MemoryConsul;
  readonly marathon: MemoryMarathon;
  readonly clock: FakeClock = new FakeClock();
  /** How often each thing happened. */
  readonly happened: Map<string, number> = new Map();
  readonly #random: Random;
  readonly #options: LifeOptions;
  readonly #events: FlakyEvents;
  readonly #repairs: { atStep: number; repair: () => void }[] = [];
  #step = 0;
  #made = 0;
  #bridge: Bridge | undefined;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The bridge ends at the write after so many. */
  #writesLeft = Number.POSITIVE_INFINITY;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#events = new FlakyEvents(this.#random);
    const hosts = Array.from({ length: 8 }, (_, index) => `mesos-${index}.example`);
    this.consul = new MemoryConsul(hosts);
    this.marathon = new MemoryMarathon(hosts);
    this.watcher = new LastHealthyWatcher({ consul: this.consul, marathon: this.marathon, clock: this.clock });
    this.consul.onCall = (call) => this.#onCall(call);
    this.marathon.onEvent = (event) => this.#onEvent(event);
    strangers.settle(this.consul);
  }

  /** Plays all of it, repairs what is broken, and lets the bridge come to rest. */
  async play(): Promise<void> {
    for (let count = 0; count < this.#options.apps; count++) this.#deploy();
    this.#startBridge();
    // What was there before the bridge is known to be its own by services that are there when it first looks.
    await this.clock.advance(1_000);
    for (this.#step = 1; this.#step <= this.#options.steps; this.#step++) {
      for (const due of this.#repairs.filter(({ atStep }) => atStep <= this.#step)) this.#repair(due);
      for (let count = 0; count < 1 + this.#random() * 3; count++) this.#change();
      await this.clock.advance(this.#random() * 2_000);
      this.#deliver();
      await this.clock.advance(this.#random() * 1_000);
    }
    for (const due of [...this.#repairs]) this.#repair(due);
    this.#startBridge();
    await this.clock.advance(5 * SYNC_INTERVAL_MS);
  }

  /** Ends the bridge. */
  async end(): Promise<void> {
    this.#abort.abort();
    await this.clock.advance(1_000);
    await this.#running;
  }

  #change(): void {
    const changes: readonly (readonly [number, string, () => void])[] = [
      [4, 'deploy', () => this.#deploy()],
      [
        10,
        'scale',
        () => this.#withApp((id) => this.marathon.scale(id, Math.floor(this.#random() * this.#options.tasks))),
      ],
      [14, 'fail', () => this.#withTask((task) => this.#fail(task.id, task.appId))],
      [6, 'lose', () => this.#withTask((task) => this.#lose(task.id))],
      [4, 'destroy', () => this.#withApp((id) => this.marathon.destroy(id))],
      [3, 'rename', () => this.#rename()],
      [5, 'labels', () => this.#withApp((id) => this.marathon.update(id, { labels: someLabels(this.#random) }))],
      [2, 'clash', () => this.#clash()],
      [4, 'agent down', () => this.#agentDown()],
      [4, 'agent refuses', () => this.#agentRefuses()],
      [2, 'marathon down', () => this.#marathonDown()],
      [2, 'marathon empty', () => this.#marathonEmpty()],
      [3, 'stream reset', () => this.#resync('stream')],
      [5, 'bridge killed', () => this.#killBridge()],
      [4, 'replay', () => this.#events.replay()],
    ];
    const [, name, act] = weighted(this.#random, changes);
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
    act();
  }

  #deploy(): void {
    this.#made += 1;
    const id = `/g${this.#made % 5}/app-${this.#made}`;
    const ports = Array.from({ length: Math.floor(this.#random() * 3) }, () => ({}));
    const instances = 1 + Math.floor(this.#random() * this.#options.tasks);
    this.marathon.deploy({ id, instances, ports, labels: someLabels(this.#random) });
  }

  #rename(): void {
    this.#withApp((id) => {
      const app = this.marathon.cluster.apps.get(id);
      this.#made += 1;
      if (app !== undefined) this.marathon.deploy({ ...app, id: `${id}-${this.#made}` });
      this.marathon.destroy(id);
    });
  }

  /** Two ids that become one name, until one of them goes. */
  #clash(): void {
    this.#made += 1;
    const ids = [`/clash/${this.#made}/web`, `/clash-${this.#made}/web`] as const;
    for (const id of ids) this.marathon.deploy({ id, instances: 2, labels: someLabels(this.#random) });
    this.#until(() => this.marathon.destroy(ids[1]));
  }

  #fail(taskId: string, appId: string): void {
    const states = ['TASK_FAILED', 'TASK_FINISHED', 'TASK_LOST', 'TASK_GONE', 'TASK_ERROR'];
    this.marathon.cluster.move(taskId, oneOf(this.#random, states) ?? 'TASK_FAILED');
    if (this.#random() < 0.8) this.marathon.launch(appId);
  }

  #lose(taskId: string): void {
    this.marathon.cluster.move(taskId, 'TASK_UNREACHABLE');
    this.#until(() => {
      const isThere = this.marathon.cluster.tasks.has(taskId);
      if (isThere) this.marathon.cluster.move(taskId, this.#random() < 0.5 ? 'TASK_RUNNING' : 'TASK_GONE');
    });
  }

  #agentDown(): void {
    const node = oneOf(
      this.#random,
      this.consul.nodes.filter(({ isUp }, index) => isUp && index > 0),
    );
    if (node === undefined) return;
    node.isUp = false;
    const isWiped = this.#random() < 0.3;
    this.#until(() => {
      node.isUp = true;
      if (isWiped) strangers.keepOnly(node);
    });
  }

  #agentRefuses(): void {
    const node = oneOf(this.#random, this.consul.nodes.slice(1));
    if (node === undefined) return;
    node.isRefusing = true;
    this.#until(() => {
      node.isRefusing = false;
    });
  }

  #marathonDown(): void {
    this.marathon.isUp = false;
    this.#until(() => {
      this.marathon.isUp = true;
      this.#resync('reconnected');
    });
  }

  #marathonEmpty(): void {
    this.marathon.isEmpty = true;
    this.#resync('another leader');
    this.#until(() => {
      this.marathon.isEmpty = false;
    });
  }

  #killBridge(): void {
    this.#writesLeft = Math.floor(this.#random() * 6);
    this.#until(() => this.#startBridge());
  }

  #onEvent(event: MarathonEvent): void {
    if (event.kind === 'task-status') this.watcher.taskChanged(event.taskId);
    if (this.marathon.isUp) this.#events.add(event);
  }

  #deliver(): void {
    for (const event of this.#events.take()) this.#bridge?.onNotice({ kind: 'event', way: 'sse', event });
  }

  #resync(why: string): void {
    this.#bridge?.onNotice({ kind: 'resync', way: 'sse', why });
  }

  #startBridge(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#writesLeft = Number.POSITIVE_INFINITY;
    const bridge = new Bridge({
      settings: { ...bridgeSettings, syncIntervalMs: SYNC_INTERVAL_MS },
      marathon: this.marathon.api,
      consul: this.consul.main,
      openAgent: (address) => this.consul.open(address),
      clock: this.clock,
      random: this.#random,
      onEvent: (event) => {
        if (event.kind === 'sync_started') this.watcher.roundStarted();
      },
    });
    this.#bridge = bridge;
    this.#running = bridge.run(this.#abort.signal).catch(() => undefined);
  }

  async #onCall(call: MemoryCall): Promise<void> {
    if (this.#random() < 0.1) await this.clock.sleep(this.#random() * 20);
    if (call.doing === 'read') return;
    this.#writesLeft -= 1;
    if (this.#writesLeft === 0) this.#abort.abort();
    this.watcher.check(call);
  }

  #withApp(act: (id: string) => void): void {
    const id = oneOf(
      this.#random,
      [...this.marathon.cluster.apps.keys()].filter((each) => !each.startsWith('/clash')),
    );
    if (id !== undefined) act(id);
  }

  #withTask(act: (task: { readonly id: string; readonly appId: string }) => void): void {
    const task = oneOf(this.#random, this.marathon.running());
    if (task !== undefined) act(task);
  }

  #until(repair: () => void): void {
    this.#repairs.push({ atStep: this.#step + 1 + Math.floor(this.#random() * LONGEST_FAULT_STEPS), repair });
  }

  #repair(due: { atStep: number; repair: () => void }): void {
    this.#repairs.splice(this.#repairs.indexOf(due), 1);
    due.repair();
  }
}
