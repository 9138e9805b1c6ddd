import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from './end-process.ts';
import { freePorts } from './free-port.ts';

/** Where the real Consul is; undefined where there is none and its tests are to be skipped. */
export const consulBin: string | undefined = process.env.CONSUL_BIN || undefined;

if (consulBin === undefined && process.env.CI === 'true') {
  throw new Error('CI=true, and CONSUL_BIN is not set: the tests against a real Consul must run in CI');
}
if (consulBin === undefined) {
  process.stderr.write('skipped: tests against a real Consul (set CONSUL_BIN to the path of a consul binary)\n');
}

/** How a {@link RealConsul} is started. */
export interface RealConsulOptions {
  /** Merged over the agent's configuration. */
  readonly config?: Record<string, unknown>;
  /** Keep the state on disk over restarts; else `-dev`, in memory. */
  readonly persistent?: boolean;
}

/** A real Consul agent (server, single node) on loopback, with ports of its own, owned by one test. */
export class RealConsul implements AsyncDisposable {
  readonly #dir: string;
  readonly #ports: readonly number[];
  readonly #options: RealConsulOptions;
  #process: ChildProcess | undefined;

  private constructor(dir: string, ports: readonly number[], options: RealConsulOptions) {
    this.#dir = dir;
    this.#ports = ports;
    this.#options = options;
  }

  /** Starts an agent and waits until it has a leader. */
  static async start(options: RealConsulOptions = {}): Promise<RealConsul> {
    for (let attempt = 1; ; attempt++) {
      const consul = new RealConsul(await mkdtemp(join(tmpdir(), 'pilotfish-consul-')), await freePorts(5), options);
      try {
        await consul.resume();
        return consul;
      } catch (error) {
        await consul[Symbol.asyncDispose]();
        // Between finding a port free and the agent's taking it, another test may have had it.
        if (attempt === 3 || !String(error).includes('address already in use')) throw error;
      }
    }
  }

  /** `http://127.0.0.1:<port>`; the same over restarts. */
  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.#ports[0] ?? 0;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Ends the agent at once (SIGKILL by default) and waits until it is gone. State is kept only if `persistent`. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined) await endProcess(child, signal);
  }

  /** Freezes (`SIGSTOP`) or thaws (`SIGCONT`) the agent. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Forgets what a persistent agent keeps on disk; only while it is down. */
  async wipe(): Promise<void> {
    await rm(join(this.#dir, 'data'), { recursive: true, force: true });
  }

  /** Starts the agent again, on the same ports, and waits until it has a leader. */
  async resume(): Promise<void> {
    const [http, server, serfLan, serfWan, grpc] = this.#ports;
    const config = {
      log_level: 'warn',
      bind_addr: '127.0.0.1',
      client_addr: '127.0.0.1',
      ports: { http, server, serf_lan: serfLan, serf_wan: serfWan, grpc, dns: -1 },
      node_name: 'node-1',
      leave_on_terminate: false,
      disable_update_check: true,
      performance: { raft_multiplier: 1 },
      limits: { http_max_conns_per_client: 200 },
      ...(this.#options.persistent ? { server: true, bootstrap_expect: 1, data_dir: join(this.#dir, 'data') } : {}),
      ...this.#options.config,
    };
    const file = join(this.#dir, 'agent.json');
    await writeFile(file, JSON.stringify(config));
    const args = ['agent', ...(this.#options.persistent ? [] : ['-dev']), `-config-file=${file}`];
    const child = spawn(consulBin ?? 'consul', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-8192);
      });
    }
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) throw new Error(`consul ended with code ${child.exitCode}:\n${output}`);
      if (await this.#hasLeader()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`consul has no leader after 30 s:\n${output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #hasLeader(): Promise<boolean> {
    try {
      const leader = await fetch(`${this.address}/v1/status/leader`, { signal: AbortSignal.timeout(1000) });
      if (!leader.ok || (await leader.text()) === '""') return false;
      const nodes = await fetch(`${this.address}/v1/health/service/consul`, { signal: AbortSignal.timeout(1000) });
      return nodes.ok && ((await nodes.json()) as unknown[]).length > 0;
    } catch {
      return false;
    }
  }
}
