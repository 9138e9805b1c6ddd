import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { flagLayer } from '../../src/app/config-flags.ts';
import { configuredService } from '../../src/app/configured-service.ts';
import { type Diagnosis, runDoctor } from '../../src/app/doctor/doctor.ts';
import { loadConfig } from '../../src/app/load-config.ts';
import { VERSION } from '../../src/app/version.ts';
import { ConsulClient } from '../../src/consul/consul-client.ts';
import { desiredService } from '../../src/registration/desired-service.ts';

/** An app on loopback, and what the doctor says of it; owned by one test. */
export class DoctorStage implements AsyncDisposable {
  readonly consul: ConsulClient;
  readonly #servers: Server[] = [];
  /** How the app answers. */
  app: RequestListener = (_request, response) => void response.end('well');
  port = 0;

  private constructor(address: string, token: string | undefined) {
    this.consul = new ConsulClient({ address, token });
  }

  /** Starts the app. */
  static async start(address: string, token?: string): Promise<DoctorStage> {
    const stage = new DoctorStage(address, token);
    stage.port = await stage.listen((request, response) => stage.app(request, response));
    return stage;
  }

  /** Another program on a free port. */
  async listen(listener: RequestListener = (_request, response) => void response.end()): Promise<number> {
    const server = createServer(listener);
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** The settings of the healthy set-up, and those that a test adds. */
  loaded(settings: Readonly<Record<string, unknown>> = {}): ReturnType<typeof loadConfig> {
    const all = {
      'consul.address': this.consul.address,
      'service.name': 'orders',
      'service.port': this.port,
      'service.address': '127.0.0.1',
      'service.check': { http: '/health', interval: '1s' },
      ...settings,
    };
    const flags = Object.entries(all).map(([path, value]) => ({ path: path.split('.'), value, where: '--set' }));
    return loadConfig([flagLayer(flags)]);
  }

  /** Registers the app as a sidecar with these settings would, and waits for its check. */
  async register(settings: Readonly<Record<string, unknown>> = {}, status = 'passing'): Promise<void> {
    const { service } = this.loaded(settings).config;
    if (service === undefined) throw new Error('there is no service');
    const desired = desiredService(configuredService(service, service.port), service.address).service;
    await this.consul.agent.register(desired);
    for (const { id } of desired.checks) if (service.check !== 'none') await this.settles(id, status);
  }

  /** Waits until a check has this status, and the catalog knows it. */
  async settles(checkId: string, status: string): Promise<void> {
    for (let look = 0; look < 200; look++) {
      // The catalog hears of outputs late, the agent has them at once; a status must have come to both.
      const own = (await this.consul.agent.checks.list()).get(checkId);
      const { value: known } = await this.consul.health.checks('orders');
      const isKnown = known.some(({ id, status: there }) => id === checkId && there === status);
      if (own?.status === status && own.output !== '' && isKnown) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${checkId} did not become ${status}`);
  }

  /** What the doctor says, with a sidecar that is well. */
  diagnose(settings: Readonly<Record<string, unknown>> = {}): Promise<Diagnosis> {
    const answers: Readonly<Record<string, unknown>> = {
      '/healthz': { status: 'alive', version: VERSION },
      '/readyz': { ready: true, stale: false, reasons: [] },
      '/v1/registration': { state: 'registered', name: 'orders', port: this.port },
    };
    const loaded = this.loaded({ 'proxy.listen': '127.0.0.1:0', ...settings });
    return runDoctor({ loaded, askSidecar: async (_url, path) => answers[path], adminUrl: 'http://sidecar.test' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consul.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** The codes of what is wrong. */
export function problemsOf({ findings }: Diagnosis): readonly string[] {
  return findings.filter(({ level }) => level === 'problem').map(({ code }) => code);
}

/** The message and remedy of the first finding with this code. */
export function textOf({ findings }: Diagnosis, code: string): string {
  const finding = findings.find((each) => each.code === code);
  return `${finding?.message} → ${finding?.remedy}`;
}
