import { setTimeout as sleep } from 'node:timers/promises';
import { CliProcess } from '../../test/support/cli-process.ts';
import { until } from '../../test/support/until.ts';
import { APP_PROGRAM, type AppCounts, controlApp } from './app.ts';
import type { AppBehaviour } from './app-behaviour.ts';
import { isRunning } from './process-facts.ts';

/** An instance as `GET /v1/upstreams/NAME` shows it; what the bench reads of it. */
export interface SeenInstance {
  readonly id: string;
  readonly port: number;
  readonly isUsed: boolean;
  readonly standing: 'in-use' | 'ejected' | 'returning';
  readonly inFlight: number;
}

/** An upstream as `GET /v1/upstreams/NAME` shows it; what the bench reads of it. */
export interface SeenUpstream {
  readonly source: 'consul' | 'snapshot' | 'fallback' | undefined;
  readonly ageSeconds: number;
  readonly panic: boolean;
  readonly inFlight: number;
  readonly instances: readonly SeenInstance[];
}

const PORTS = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];

/** A sidecar process of a scenario; with an app of its own it is a pair. */
export class BenchSidecar implements AsyncDisposable {
  readonly process: CliProcess;
  readonly proxyUrl: string;
  readonly adminUrl: string;

  private constructor(process: CliProcess, proxyUrl: string, adminUrl: string) {
    this.process = process;
    this.proxyUrl = proxyUrl;
    this.adminUrl = adminUrl;
  }

  /**
   * @param args further flags of `pilotfish run`
   * @param env further variables
   */
  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<BenchSidecar> {
    const sidecar = new CliProcess(['run', ...PORTS, ...args], { env, program: process.env.BENCH_PILOTFISH });
    const { proxyUrl, adminUrl } = await sidecar.ready();
    return new BenchSidecar(sidecar, proxyUrl, adminUrl);
  }

  /** The flags that make it start an app of the bench. */
  static readonly withApp: readonly string[] = ['--', process.execPath, APP_PROGRAM];

  /** The end of what it and its app wrote, once it has ended; undefined: it runs. */
  get lastWords(): string | undefined {
    const { hasEnded, stdout, stderr } = this.process;
    return hasEnded ? `${stdout}${stderr}`.slice(-2000) : undefined;
  }

  /** Reads JSON from the admin API, whatever the status. */
  async admin<T>(path: string): Promise<T> {
    return (await (await fetch(`${this.adminUrl}${path}`)).json()) as T;
  }

  view(service: string): Promise<SeenUpstream> {
    return this.admin(`/v1/upstreams/${service}`);
  }

  readiness(): Promise<{ readonly ready: boolean; readonly stale: boolean }> {
    return this.admin('/readyz');
  }

  /** The sum of a metric's series whose labels contain `labels`. */
  async metric(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.adminUrl}/metrics`)).text();
    const values = text
      .split('\n')
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** Waits until so many instances of a service get requests. */
  async sees(service: string, count: number, withinMs = 30_000): Promise<void> {
    await until(
      `${count} instances of ${service} are used`,
      async () => {
        const { instances = [] } = await this.view(service);
        return instances.filter(({ isUsed }) => isUsed).length === count;
      },
      withinMs,
    );
  }

  /** The port of the app beside it. */
  async appPort(): Promise<number> {
    return (await this.admin<{ readonly port: number }>('/v1/registration')).port;
  }

  async controlApp(behaviour?: AppBehaviour): Promise<AppCounts> {
    return controlApp(await this.appPort(), behaviour);
  }

  /**
   * Ends the app beside it and the sidecar, both at once and without a chance to tell anybody.
   * @param atOnce called in the moment before
   */
  async killBoth(atOnce: () => void = () => undefined): Promise<void> {
    const { pid } = await this.controlApp();
    atOnce();
    process.kill(pid, 'SIGKILL');
    process.kill(this.process.pid, 'SIGKILL');
    await this.process.ended;
    // Its sockets take requests until the kernel has taken it apart.
    while (await isRunning(pid)) await sleep(1);
  }

  /** Asks it to leave, and waits until it has. Returns how long that took. */
  async drain(): Promise<number> {
    const beganMs = performance.now();
    this.process.signal('SIGTERM');
    await this.process.ended;
    return performance.now() - beganMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}
