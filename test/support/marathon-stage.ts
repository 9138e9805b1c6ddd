import { FakeMarathon, type FakeMarathonOptions } from '../fakes/marathon/fake-marathon.ts';
import { CliProcess, type CliResult } from './cli-process.ts';
import type { registries, TestRegistry } from './discovery-registry.ts';
import { until } from './until.ts';

/** A service as an agent tells it. */
export interface AgentServiceJson {
  readonly ID: string;
  readonly Service: string;
  readonly Address: string;
  readonly Port: number;
  readonly Tags: readonly string[];
}

/** What `/v1/marathon` answers, as far as tests look at it. */
export interface BridgeFacts {
  readonly role: string;
  readonly leader?: string;
  readonly apps: readonly {
    readonly id: string;
    readonly state: string;
    readonly registered: number;
    readonly problems: readonly string[];
  }[];
  readonly events: {
    readonly stream?: { readonly isConnected: boolean };
    readonly callback?: { readonly url: string; readonly isSubscribed: boolean };
    readonly received: number;
  };
  readonly sync: { readonly lastWallMs?: number; readonly error?: string };
}

type RegistryStart = (typeof registries)[number]['start'];

/** A Marathon, a registry, and the `pilotfish marathon` processes between them. */
export class MarathonStage implements AsyncDisposable {
  readonly marathon: FakeMarathon;
  readonly registry: TestRegistry;
  readonly #bridges = new Set<CliProcess>();

  private constructor(marathon: FakeMarathon, registry: TestRegistry) {
    this.marathon = marathon;
    this.registry = registry;
  }

  static async start(startRegistry: RegistryStart, options: FakeMarathonOptions = {}): Promise<MarathonStage> {
    const [marathon, registry] = await Promise.all([FakeMarathon.start(options), startRegistry()]);
    return new MarathonStage(marathon, registry);
  }

  /** The flags by which a bridge finds the two. */
  get flags(): readonly string[] {
    return ['--consul', this.registry.address, '--marathon', this.marathon.addresses.join(',')];
  }

  /** Starts a bridge on free ports; resolves when its admin port serves. */
  async bridge(args: readonly string[] = []): Promise<{ readonly process: CliProcess; readonly adminUrl: string }> {
    const process = new CliProcess([
      'marathon',
      ...this.flags,
      ...['--host', '127.0.0.1', '--port', '0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'],
      ...args,
    ]);
    this.#bridges.add(process);
    const { adminUrl } = await process.ready();
    return { process, adminUrl };
  }

  /** `pilotfish marathon --plan`, to its end. */
  plan(args: readonly string[] = []): Promise<CliResult> {
    return CliProcess.run(['marathon', ...this.flags, '--plan', ...args]);
  }

  /** What the agent has of the bridge's, by id. */
  async services(): Promise<readonly AgentServiceJson[]> {
    const answer = await fetch(`${this.registry.address}/v1/agent/services`);
    const services = Object.values((await answer.json()) as Record<string, AgentServiceJson>);
    return services.filter(({ Tags }) => Tags.some((tag) => tag.startsWith('consular-reg-id=')));
  }

  /** Waits until the agent has exactly these ids. */
  async untilServices(ids: readonly string[]): Promise<void> {
    const wanted = [...ids].sort().join();
    await until(`the services ${wanted}`, async () => {
      const services = await this.services();
      return (
        services
          .map(({ ID }) => ID)
          .sort()
          .join() === wanted
      );
    });
  }

  /** The keys under a prefix, with their values. */
  async labels(prefix = 'consular/'): Promise<Readonly<Record<string, string>>> {
    const answer = await fetch(`${this.registry.address}/v1/kv/${prefix}?recurse`);
    if (answer.status === 404) return {};
    const entries = (await answer.json()) as { readonly Key: string; readonly Value: string }[];
    return Object.fromEntries(entries.map(({ Key, Value }) => [Key, Buffer.from(Value, 'base64').toString()]));
  }

  /** `PUT` to the registry. */
  async put(path: string, body: object | string): Promise<void> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${this.registry.address}${path}`, { method: 'PUT', body: text });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const bridge of this.#bridges) await bridge[Symbol.asyncDispose]();
    await this.marathon[Symbol.asyncDispose]();
    await this.registry[Symbol.asyncDispose]();
  }
}

/** What a bridge tells of itself. */
export async function bridgeFacts(adminUrl: string): Promise<BridgeFacts> {
  return (await (await fetch(`${adminUrl}/v1/marathon`)).json()) as BridgeFacts;
}
