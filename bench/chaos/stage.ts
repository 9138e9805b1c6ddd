import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChaosApp } from './app.ts';
import { type Executions, readJournals } from './journal.ts';
import { Load, type LoadOptions } from './load.ts';
import { type BenchRegistry, type RegistryKindName, startRegistry } from './registry.ts';
import { RegistryRelay } from './registry-relay.ts';
import type { Claim } from './scenario.ts';
import { BenchSidecar } from './sidecar.ts';

/** How a stage is set. */
export interface StageOptions {
  readonly registry: RegistryKindName;
  /** Shorter times and lower rates: enough to show the behaviour, not to measure it. */
  readonly quick: boolean;
}

/** Where a scenario plays: a registry, apps, sidecars and load, all of them its own and ended with it. */
export class Stage implements AsyncDisposable {
  readonly quick: boolean;
  readonly registry: BenchRegistry;
  readonly #directory: string;
  readonly #owned = new AsyncDisposableStack();
  readonly #claims: Claim[] = [];
  readonly #sidecars: BenchSidecar[] = [];

  private constructor(options: StageOptions, registry: BenchRegistry, directory: string) {
    this.quick = options.quick;
    this.registry = registry;
    this.#directory = directory;
    this.#owned.defer(() => rm(directory, { recursive: true, force: true }));
    this.#owned.use(registry);
  }

  static async start(options: StageOptions): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), 'pilotfish-chaos-'));
    await mkdir(join(directory, 'journals'));
    return new Stage(options, await startRegistry(options.registry), directory);
  }

  get claims(): readonly Claim[] {
    return this.#claims;
  }

  /** Says what must be so, and whether it is. */
  claim(text: string, held: boolean, seen: unknown): void {
    this.#claims.push({
      text,
      held,
      seen: (typeof seen === 'string' ? seen : JSON.stringify(seen)).slice(0, 300),
      isFigure: false,
    });
  }

  /** Says that a time or a size must be at most `limit`; tests do not judge by it. */
  figure(text: string, value: number, limit: number): void {
    this.#claims.push({ text, held: value <= limit, seen: String(Math.round(value * 10) / 10), isFigure: true });
  }

  /** The value for the bench, or the one for tests. */
  pick<T>(full: T, quick: T): T {
    return this.quick ? quick : full;
  }

  wait(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** A directory of the scenario's own. */
  path(name: string): string {
    return join(this.#directory, name);
  }

  /** Takes something that is to be ended with the stage. */
  use<T extends AsyncDisposable>(part: T): T {
    if (part instanceof BenchSidecar) this.#sidecars.push(part);
    return this.#owned.use(part);
  }

  /** Starts an app without a sidecar; it is not registered. */
  async app(instance: string, port?: number): Promise<ChaosApp> {
    return this.use(await ChaosApp.start({ instance, port, journal: this.#journal(instance) }));
  }

  /** Starts apps and registers them, without checks. */
  async fleet(service: string, count: number): Promise<readonly ChaosApp[]> {
    const instances = Array.from({ length: count }, (_, index) => `${service}-${index + 1}`);
    const apps = await Promise.all(instances.map((instance) => this.app(instance)));
    for (const { instance, port } of apps) await this.register(service, instance, port);
    return apps;
  }

  /** Registers something at a port of this machine, without a check, so that the catalog never notices its end. */
  async register(service: string, id: string, port: number): Promise<void> {
    await this.agent('service/register', { Name: service, ID: id, Address: '127.0.0.1', Port: port });
  }

  async deregister(id: string): Promise<void> {
    await this.agent(`service/deregister/${id}`);
  }

  /** Puts to the agent's API. @throws Error when it does not answer 200 */
  async agent(path: string, body?: object): Promise<void> {
    const init = { method: 'PUT', ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(`${this.registry.address}/v1/agent/${path}`, init);
    if (!answer.ok) throw new Error(`PUT /v1/agent/${path}: ${answer.status} ${await answer.text()}`);
  }

  /** What the registry says of a service's health. */
  async health(service: string): Promise<readonly { readonly Checks: readonly { readonly Status: string }[] }[]> {
    return (await (await fetch(`${this.registry.address}/v1/health/service/${service}`)).json()) as [];
  }

  relay(): Promise<RegistryRelay> {
    return RegistryRelay.start(this.registry.address).then((relay) => this.use(relay));
  }

  /** Starts an outbound-only sidecar: the caller's. */
  async caller(settings: readonly string[] = [], consul: string = this.registry.address): Promise<BenchSidecar> {
    return this.use(await BenchSidecar.start(['--consul', consul, ...settings.flatMap((text) => ['--set', text])]));
  }

  /** Starts an app with its sidecar; it is registered once it answers. */
  async pair(service: string, id: string, settings: readonly string[] = []): Promise<BenchSidecar> {
    const check = 'service.check={http: /health, interval: 1s}';
    const flags = ['--consul', this.registry.address, '--name', service, '--id', id];
    const where = ['--address', '127.0.0.1', '--port', '0'];
    const set = [check, ...settings].flatMap((text) => ['--set', text]);
    const env = { INSTANCE: id, JOURNAL: this.#journal(id) };
    return this.use(await BenchSidecar.start([...flags, ...where, ...set, ...BenchSidecar.withApp], env));
  }

  load(options: LoadOptions): Load {
    const load = new Load(options).start();
    this.#owned.defer(() => load.abandon());
    return load;
  }

  /** The last that each sidecar wrote that has ended, with what its app wrote: what explains a scenario that got stuck. */
  lastWords(): readonly string[] {
    return this.#sidecars.map(({ lastWords }) => lastWords).filter((words) => words !== undefined);
  }

  /** What all apps did with POSTs. */
  executions(): Promise<Executions> {
    return readJournals(this.path('journals'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #journal(instance: string): string {
    return join(this.#directory, 'journals', instance);
  }
}
