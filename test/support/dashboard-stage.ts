import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CliProcess } from './cli-process.ts';
import { registries, type TestRegistry } from './discovery-registry.ts';
import { freePorts } from './free-port.ts';
import { until } from './until.ts';

const APP = fileURLToPath(new URL('./echo-app.ts', import.meta.url));
const EVERY_MS = 25;

/** A registry, an app with its sidecar, services that it calls, and calls. */
export class DashboardStage implements AsyncDisposable {
  readonly registry: TestRegistry;
  readonly #origin: Server;
  readonly #adminPort: number;
  #sidecar: CliProcess;
  #proxyUrl = '';
  #calling: NodeJS.Timeout | undefined;

  private constructor(registry: TestRegistry, origin: Server, adminPort: number) {
    this.registry = registry;
    this.#origin = origin;
    this.#adminPort = adminPort;
    this.#sidecar = this.#spawn();
  }

  static async start(): Promise<DashboardStage> {
    const [embedded] = registries;
    if (embedded === undefined) throw new Error('there is no registry');
    const registry = await embedded.start();
    const origin = createServer((request, response) => {
      response.statusCode = request.url?.endsWith('/broken') === true ? 500 : 200;
      response.end('done');
    });
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const [adminPort = 0] = await freePorts(1);
    const stage = new DashboardStage(registry, origin, adminPort);
    await stage.#ready();
    return stage;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.#adminPort}`;
  }

  /** Registers instances `NAME-1` … `NAME-count`; all are the same program. */
  async register(name: string, count: number): Promise<void> {
    const { port } = this.#origin.address() as AddressInfo;
    for (let number = 1; number <= count; number++) {
      const body = { Name: name, ID: `${name}-${number}`, Address: '127.0.0.1', Port: port, Tags: ['v1'] };
      await this.#put('/v1/agent/service/register', body);
    }
  }

  async deregister(id: string): Promise<void> {
    await this.#put(`/v1/agent/service/deregister/${id}`, undefined);
  }

  /** Puts an instance into maintenance, with a reason. */
  async maintain(id: string, reason: string): Promise<void> {
    await this.#put(`/v1/agent/service/maintenance/${id}?enable=true&reason=${encodeURIComponent(reason)}`, undefined);
  }

  /** Calls a service; resolves with the status. */
  async call(path: string): Promise<number> {
    const answer = await fetch(`${this.#proxyUrl}${path}`);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** Calls this path again and again from now on. */
  keepCalling(path: string): void {
    clearInterval(this.#calling);
    this.#calling = setInterval(() => void this.call(path).catch(() => undefined), EVERY_MS);
  }

  /** Ends the sidecar at once. */
  async stopSidecar(): Promise<void> {
    this.#sidecar.signal('SIGKILL');
    await this.#sidecar.ended;
  }

  /** Starts it again, on the same admin port. */
  async startSidecar(): Promise<void> {
    this.#sidecar = this.#spawn();
    await this.#ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#calling);
    await this.#sidecar[Symbol.asyncDispose]();
    this.#origin.closeAllConnections();
    await new Promise((resolve) => this.#origin.close(resolve));
    await this.registry[Symbol.asyncDispose]();
  }

  #spawn(): CliProcess {
    const { address } = this.registry;
    return new CliProcess([
      'run',
      ...['--consul', address, '--name', 'shop', '--id', 'shop-1', '--address', '127.0.0.1', '--port', '0'],
      ...['--proxy-listen', '127.0.0.1:0', '--admin-listen', `127.0.0.1:${this.#adminPort}`, '--log-format', 'json'],
      ...['--set', 'service.check={http: /health, interval: 1s}', '--set', 'service.drain.wait=1s'],
      ...['--', process.execPath, APP],
    ]);
  }

  async #ready(): Promise<void> {
    this.#proxyUrl = (await this.#sidecar.ready()).proxyUrl;
    await until('the app is registered', async () => {
      const answer = await fetch(`${this.adminUrl}/v1/registration`);
      return ((await answer.json()) as { readonly state: string }).state === 'registered';
    });
  }

  async #put(path: string, body: object | undefined): Promise<void> {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${this.registry.address}${path}`, { method: 'PUT', ...text });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}
