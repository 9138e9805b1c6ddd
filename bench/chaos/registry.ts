import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DevAgent, startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { freePorts } from '../../test/support/free-port.ts';
import { consulBin, RealConsul } from '../../test/support/real-consul.ts';

/** Which registry a scenario runs on. */
export type RegistryKindName = 'real' | 'embedded';

/** A registry that can be killed and comes back without its state, on the same port. */
export interface BenchRegistry extends AsyncDisposable {
  readonly address: string;
  /** Ends it at once. */
  stop(): Promise<void>;
  /** Starts it and waits until it answers. @param state whether it still has its state */
  resume(state: 'kept' | 'lost'): Promise<void>;
}

/** Whether there is a real Consul to run against. */
export const hasRealConsul: boolean = consulBin !== undefined;

export async function startRegistry(kind: RegistryKindName): Promise<BenchRegistry> {
  if (kind === 'embedded') return await EmbeddedRegistry.start();
  const consul = await RealConsul.start({ persistent: true });
  return {
    address: consul.address,
    stop: () => consul.kill(),
    resume: async (state) => {
      if (state === 'lost') await consul.wipe();
      await consul.resume();
    },
    [Symbol.asyncDispose]: () => consul[Symbol.asyncDispose](),
  };
}

class EmbeddedRegistry implements BenchRegistry {
  readonly #port: number;
  readonly #dataDir: string;
  #agent: DevAgent | undefined;

  private constructor(port: number, dataDir: string) {
    this.#port = port;
    this.#dataDir = dataDir;
  }

  static async start(): Promise<EmbeddedRegistry> {
    const [port = 0] = await freePorts(1);
    const registry = new EmbeddedRegistry(port, await mkdtemp(join(tmpdir(), 'pilotfish-registry-')));
    await registry.resume('lost');
    return registry;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    await this.#agent?.[Symbol.asyncDispose]();
    this.#agent = undefined;
  }

  async resume(state: 'kept' | 'lost'): Promise<void> {
    if (state === 'lost') await rm(this.#dataDir, { recursive: true, force: true });
    this.#agent = await startDevAgent({ listen: `127.0.0.1:${this.#port}`, dataDir: this.#dataDir });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
