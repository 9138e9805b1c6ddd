import { ConsulClient } from '../../src/consul/consul-client.ts';
import type { AgentService } from '../../src/consul/decode/agent.ts';
import { Bridge } from '../../src/marathon/bridge.ts';
import type { BridgeEvent } from '../../src/marathon/bridge-observer.ts';
import type { BridgeSettings } from '../../src/marathon/bridge-settings.ts';
import { decodeEvent } from '../../src/marathon/decode-event.ts';
import { MarathonClient } from '../../src/marathon/marathon-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { FakeMarathon, type FakeMarathonOptions } from '../fakes/marathon/fake-marathon.ts';
import { bridgeSettings } from './marathon-bridge-settings.ts';
import type { RegistryKind, TestRegistry } from './registries.ts';
import { until } from './until.ts';

/** How a {@link BridgeStage} begins. */
export interface BridgeStageOptions {
  readonly settings?: Partial<BridgeSettings>;
  readonly marathon?: FakeMarathonOptions;
}

/** A Marathon, a registry and a bridge between them, in the test's own process. */
export class BridgeStage implements AsyncDisposable {
  readonly marathon: FakeMarathon;
  readonly registry: TestRegistry;
  readonly consul: ConsulClient;
  readonly bridge: Bridge;
  /** All that the bridge told, in order. */
  readonly events: BridgeEvent[] = [];
  /** Every write that went to any agent: `PUT /v1/agent/service/register`. */
  readonly writes: string[] = [];
  /** How many reads went to any agent. */
  reads = 0;
  /** The bodies of registrations, as they were sent. */
  readonly registrations: unknown[] = [];
  readonly #client: MarathonClient;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;

  private constructor(marathon: FakeMarathon, registry: TestRegistry, settings: Partial<BridgeSettings>) {
    this.marathon = marathon;
    this.registry = registry;
    this.#client = new MarathonClient({ addresses: marathon.addresses });
    this.consul = this.#open(registry.address);
    this.bridge = new Bridge({
      settings: { ...bridgeSettings, ...settings },
      marathon: this.#client,
      consul: this.consul,
      openAgent: (address) => this.#open(address),
      clock: systemClock,
      random: seededRandom(1),
      onEvent: (event) => void this.events.push(event),
    });
  }

  static async start(kind: RegistryKind, options: BridgeStageOptions = {}): Promise<BridgeStage> {
    const [marathon, registry] = await Promise.all([FakeMarathon.start(options.marathon), kind.start()]);
    return new BridgeStage(marathon, registry, options.settings ?? {});
  }

  /** Starts the bridge; resolves after its first sync. */
  async run(withinMs?: number): Promise<void> {
    this.#running = this.bridge.run(this.#abort.signal).catch(() => undefined);
    await this.untilSynced(1, withinMs);
  }

  /** Waits for the nth whole sync that ended. */
  async untilSynced(count: number, withinMs?: number): Promise<void> {
    await until(`${count} syncs`, async () => this.syncs >= count, withinMs);
  }

  /** Whole syncs that ended. */
  get syncs(): number {
    return this.events.filter((event) => event.kind === 'sync_ended' && event.scope === 'all').length;
  }

  /** Has the bridge compare everything again, and waits for it. */
  async sync(): Promise<void> {
    const before = this.syncs;
    this.bridge.resync('test');
    await this.untilSynced(before + 1);
  }

  /** Own services on the main agent, by id, as the agent tells them. */
  async services(registrationId: string): Promise<Readonly<Record<string, AgentService>>> {
    const services = [...(await this.consul.agent.services())];
    return Object.fromEntries(services.filter(([, { tags }]) => tags.includes(`consular-reg-id=${registrationId}`)));
  }

  /** Labels in Consul below an app's folder, by key. */
  async labels(prefix: string): Promise<Readonly<Record<string, string>>> {
    const { value } = await this.consul.kv.list(prefix);
    return Object.fromEntries(value.map((entry) => [entry.key, entry.value.toString()]));
  }

  /** Hands the bridge an event of an app as Marathon would, and waits until it has compared the app. */
  async hear(event: object): Promise<void> {
    const decoded = decodeEvent(event);
    const appId = 'appId' in decoded ? decoded.appId : '';
    const compared = () =>
      this.told('sync_ended').filter(({ scope }) => scope !== 'all' && scope.includes(appId)).length;
    const before = compared();
    this.bridge.onNotice({ kind: 'event', way: 'sse', event: decoded });
    await until(`a comparison of ${appId}`, async () => compared() > before);
  }

  /** What the bridge told of one kind. */
  told<K extends BridgeEvent['kind']>(kind: K): readonly Extract<BridgeEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<BridgeEvent, { kind: K }> => event.kind === kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await Promise.all([this.consul.close(), this.#client.close()]);
    await Promise.all([this.marathon[Symbol.asyncDispose](), this.registry[Symbol.asyncDispose]()]);
  }

  #open(address: string): ConsulClient {
    return new ConsulClient({
      address,
      around: (transport) => ({
        get losses() {
          return transport.losses;
        },
        send: (request) => {
          if (request.method === 'GET') this.reads += 1;
          else this.writes.push(`${request.method} ${decodeURIComponent(request.path)}`);
          if (request.path.endsWith('/service/register')) {
            this.registrations.push(JSON.parse(Buffer.from(request.body ?? []).toString()));
          }
          return transport.send(request);
        },
        close: () => transport.close(),
      }),
    });
  }
}
