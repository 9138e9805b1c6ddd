import { CallbackDelivery } from './callback-delivery.ts';
import type { EventBody } from './event-shapes.ts';
import { FakeApi } from './fake-api.ts';
import type { FakeApp, FakePod, FakeTask } from './fake-app.ts';
import { FakeCluster } from './fake-cluster.ts';
import { FakeFront } from './fake-front.ts';
import type { FakeMarathonOptions } from './fake-marathon-options.ts';
import type { Faults } from './fault.ts';
import { VERSIONS, type VersionTraits } from './marathon-version.ts';

export type { FakeMarathonOptions } from './fake-marathon-options.ts';

/*
 * A Marathon for tests, in the test's own process, over HTTP on loopback.
 *
 *   await using marathon = await FakeMarathon.start({ version: '1.8', addresses: 2, hosts: ['127.0.0.1'] });
 *   new MarathonClient({ addresses: marathon.addresses })
 *
 * Nothing happens by itself and there are no timers: a test calls, and the change and its events are there.
 *
 * - whole steps:   deploy(app) · scale(id, n) · update(id, changes) · rename(from, to) · restart(id) · destroy(id)
 *                  deployPod(pod) · destroyPod(id)
 * - single steps:  define(app) · launch(id) · start(taskId) · kill(taskId) · fail(taskId, state?) · move(taskId, state)
 *                  heal(taskId, alive) · away(taskId) · back(taskId) · loseHost(host)
 * - what is:       app(id) · tasks(id?) · cluster (apps, tasks, pods as they are)
 * - events:        send(event) · sendBytes(text) (Jetty's heartbeat is '\r\n') · dropStreams() · streams (how many)
 *                  muted = true: changes happen, their events are lost
 *                  callbacks.urls · callbacks.deliveries · callbacks.done() · callbacks.forgive()
 * - the cluster:   elect(index | undefined) · stop(index?) · resume(index?) · callbacksOn = false
 * - broken ways:   faults.plan(/^GET \/v2\/apps/, { kind: 'hang' }, times?) → a function that ends it
 * - what came:     requests: `GET /v2/apps?embed=apps.tasks`, in order; authorizations of the same
 */

/** A Marathon cluster for tests: see the top of this file. */
export class FakeMarathon implements AsyncDisposable {
  readonly cluster: FakeCluster;
  readonly callbacks: CallbackDelivery = new CallbackDelivery();
  /** While true, events are lost. */
  muted = false;
  readonly #traits: VersionTraits;
  readonly #api: FakeApi;
  readonly #front: FakeFront;

  private constructor(options: FakeMarathonOptions) {
    const { version = '1.8', hosts = ['127.0.0.1'], addresses = 1, prefix = '', auth, token, tls } = options;
    this.#traits = VERSIONS[version];
    this.cluster = new FakeCluster({ traits: this.#traits, hosts, publish: (event) => this.send(event) });
    this.#api = new FakeApi({
      cluster: this.cluster,
      traits: this.#traits,
      leader: () => this.#front.leader?.replace(/^https?:[/]{2}/, ''),
      callbackUrls: this.callbacks.urls,
    });
    const basic = auth === undefined ? undefined : `Basic ${Buffer.from(auth).toString('base64')}`;
    this.#front = new FakeFront({
      addresses,
      authorization: token === undefined ? basic : `token=${token}`,
      tls,
      prefix,
      redirectsEvents: this.#traits.redirectsEvents,
      eventFilter: this.#traits.eventFilter,
      answer: (method, url) => this.#api.answer(method, url),
      onStream: () => this.cluster.publish({ eventType: 'event_stream_attached', remoteAddress: '127.0.0.1' }),
    });
  }

  static async start(options: FakeMarathonOptions = {}): Promise<FakeMarathon> {
    const marathon = new FakeMarathon(options);
    await marathon.resume();
    return marathon;
  }

  get address(): string {
    return this.addresses[0] as string;
  }

  get addresses(): readonly string[] {
    return this.#front.urls;
  }

  get faults(): Faults {
    return this.#front.faults;
  }

  get requests(): readonly string[] {
    return this.#front.requests;
  }

  get authorizations(): readonly (string | undefined)[] {
    return this.#front.authorizations;
  }

  get streams(): number {
    return this.#front.streams;
  }

  set callbacksOn(on: boolean) {
    this.#api.callbacksOn = on;
  }

  /** Makes an app and has all its tasks running (and well, if it has health checks). */
  deploy(wanted: FakeApp): readonly FakeTask[] {
    const app = this.cluster.define(wanted);
    this.cluster.deploys(app.id, 'StartApplication', 'deployment_info');
    this.scale(app.id, app.instances);
    this.cluster.deploys(app.id, 'StartApplication', 'deployment_success');
    return this.tasks(app.id);
  }

  /** Starts tasks, or kills the youngest, until there are so many. */
  scale(id: string, instances: number): void {
    const app = this.app(id);
    if (app.instances !== instances) this.cluster.define({ ...app, instances });
    while (this.tasks(id).length < instances) this.start(this.launch(id).id);
    for (const task of this.tasks(id).slice(instances)) this.kill(task.id);
  }

  /** Changes an app's definition (labels, say) and replaces its tasks as Marathon does: new ones first. */
  update(id: string, changes: Partial<Omit<FakeApp, 'id'>>): void {
    this.cluster.define({ ...this.app(id), ...changes });
    this.restart(id);
  }

  /** Replaces every task by a new one, new ones first. */
  restart(id: string): void {
    const old = this.tasks(id);
    this.cluster.deploys(id, 'RestartApplication', 'deployment_info');
    for (let count = 0; count < this.app(id).instances; count++) this.start(this.launch(id).id);
    for (const task of old) this.kill(task.id);
    this.cluster.deploys(id, 'RestartApplication', 'deployment_success');
  }

  /** What people call a rename: another app with the same definition, then the old one is destroyed. */
  rename(from: string, to: string): void {
    this.deploy({ ...this.app(from), id: to });
    this.destroy(from);
  }

  destroy(id: string): void {
    for (const task of this.tasks(id)) this.kill(task.id);
    this.cluster.remove(id);
  }

  deployPod(pod: FakePod): void {
    this.cluster.definePod(pod);
  }

  destroyPod(id: string): void {
    this.cluster.removePod(id);
  }

  define(app: FakeApp): void {
    this.cluster.define(app);
  }

  /** A task that is staging. */
  launch(appId: string, host?: string): FakeTask {
    return this.cluster.launch(appId, host);
  }

  /** A staging task runs; its health checks, if there are any, say that it is well. */
  start(taskId: string): void {
    if (this.#traits.taskState) this.cluster.move(taskId, 'TASK_STARTING');
    const task = this.cluster.move(taskId, 'TASK_RUNNING');
    if (task.health.length > 0) this.heal(taskId, true);
  }

  /** Ends a task as told: KILLING (from 1.4), then KILLED. */
  kill(taskId: string): void {
    if (this.#traits.instances) this.cluster.move(taskId, 'TASK_KILLING');
    this.cluster.move(taskId, 'TASK_KILLED');
  }

  /** A task ends by itself. Marathon would start another: {@link scale} does. */
  fail(taskId: string, state = 'TASK_FAILED'): void {
    this.cluster.move(taskId, state);
  }

  move(taskId: string, state: string): void {
    this.cluster.move(taskId, state);
  }

  heal(taskId: string, alive: boolean): void {
    this.cluster.heal(taskId, alive);
  }

  /** The task's agent is away: UNREACHABLE from 1.4, before that LOST, which is for good. */
  away(taskId: string): void {
    this.cluster.move(taskId, this.#traits.instances ? 'TASK_UNREACHABLE' : 'TASK_LOST');
  }

  /** The task's agent is back, and the task still runs. */
  back(taskId: string): void {
    this.move(taskId, 'TASK_RUNNING');
  }

  /** Every task of a host is away. */
  loseHost(host: string): void {
    for (const task of [...this.cluster.tasks.values()]) if (task.host === host) this.away(task.id);
  }

  /** An app as it is. @throws Error when there is none */
  app(id: string): ReturnType<FakeCluster['define']> {
    const app = this.cluster.apps.get(id);
    if (app === undefined) throw new Error(`no app ${id}`);
    return app;
  }

  /** Tasks that are there, of an app or all. */
  tasks(id?: string): readonly FakeTask[] {
    return id === undefined ? [...this.cluster.tasks.values()] : this.cluster.tasksOf(id);
  }

  /** Sends an event both ways, as it is. */
  send(event: EventBody): void {
    if (this.muted || this.#front.leader === undefined) return;
    this.#front.send(event);
    if (this.#traits.callbacks) this.callbacks.post(event);
  }

  sendBytes(bytes: string | Uint8Array): void {
    this.#front.sendBytes(bytes);
  }

  /** Ends every event stream, as Marathon does with slow readers. */
  dropStreams(): void {
    this.#front.dropStreams();
  }

  /** Another Marathon leads, or none. The streams of the old leader end. */
  elect(index: number | undefined): void {
    this.#front.elect(index);
  }

  /** A Marathon (default: every one) goes down; its port refuses. */
  stop(index?: number): Promise<void> {
    return this.#front.stop(index);
  }

  /** A Marathon (default: every one) comes back, on its port. */
  resume(index?: number): Promise<void> {
    return this.#front.resume(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.callbacks.done();
  }
}
