import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { Registrar } from '../../../src/registration/registrar.ts';
import type { RegistrationEvent } from '../../../src/registration/registration-event.ts';
import type { ServiceSettings } from '../../../src/registration/service-settings.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { registries, type TestRegistry } from '../../support/discovery-registry.ts';
import { until } from '../../support/discovery-source.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { FakeApp } from '../../support/registration-app.ts';
import { serviceSettings } from '../../support/registration-settings.ts';

/** An app, a client, and whatever was started, for one test. */
class Bench implements AsyncDisposable {
  readonly client: ConsulClient;
  readonly app: FakeApp;
  readonly events: RegistrationEvent[] = [];
  readonly id: string;
  #stop: (() => Promise<void>) | undefined;

  private constructor(address: string, app: FakeApp) {
    this.client = new ConsulClient({ address });
    this.app = app;
    this.id = `orders-127.0.0.1-${app.port}`;
  }

  static async at(address: string): Promise<Bench> {
    return new Bench(address, await FakeApp.start());
  }

  open(different: Partial<ServiceSettings> = {}): Registrar {
    const registrar = new Registrar({
      settings: serviceSettings({ port: this.app.port, waitForAppMs: 5000, ...different }),
      consul: this.client,
      resolveAddress: async () => '127.0.0.1',
      clock: systemClock,
      random: systemRandom,
      onEvent: (event) => this.events.push(event),
    });
    const ended = new AbortController();
    const running = registrar.run(ended.signal);
    this.#stop = async () => {
      ended.abort();
      await running;
    };
    return registrar;
  }

  async stop(): Promise<void> {
    await this.#stop?.();
  }

  health = () => this.client.agent.serviceHealth(this.id);
  isPassing = async () => (await this.health().catch(() => undefined))?.status === 'passing';
  hasFailed = () => this.events.some(({ kind }) => kind === 'failed');
  /** Passing at the agent, and the sidecar has heard that it was registered so many times: the agent knows it first. */
  isPassingAfter = (registrations: number) => async () =>
    this.registrations() === registrations && (await this.isPassing());
  registrations = () => this.events.filter(({ kind }) => kind === 'registered').length;

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.client.close();
    await this.app[Symbol.asyncDispose]();
  }
}

const ttl = { kind: 'ttl', ttlMs: 3000, deregisterAfterMs: 60_000 } as const;

describe.each(registries)('registration at $name', ({ start }) => {
  let registry: TestRegistry;
  let bench: Bench;

  beforeEach(async () => {
    registry = await start();
    bench = await Bench.at(registry.address);
  });

  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it('registers with a check that the agent runs, finds itself in the catalog, and deregisters at the end', async () => {
    const registrar = bench.open({
      tags: ['api', 'v1'],
      meta: new Map([['version', '1.4.2']]),
      weights: { passing: 10, warning: 1 },
      checks: [{ kind: 'http', target: '/health', intervalMs: 1000, timeoutMs: 500, deregisterAfterMs: 60_000 }],
    });
    await until(bench.isPassing, 'passing');
    await until(() => registrar.status().isInCatalog === true, 'in the catalog');
    expect((await bench.client.agent.service(bench.id)).value).toMatchObject({
      name: 'orders',
      tags: ['api', 'v1'],
      weights: { passing: 10, warning: 1 },
    });
    expect(bench.app.paths).toContain('/health');
    expect(registrar.status()).toMatchObject({
      state: 'registered',
      id: bench.id,
      registrations: 1,
      lastError: undefined,
    });
    await bench.stop();
    expect(await bench.health()).toBeUndefined();
    expect(bench.events.map(({ kind }) => kind)).toEqual([
      'app_waited_for',
      'registered',
      'in_catalog',
      'deregistered',
    ]);
  });

  it('keeps a TTL check passing while the app answers, and reports when it does not', async () => {
    bench.open({ checks: [{ ...ttl, ttlMs: 1500 }] });
    await until(bench.isPassing, 'passing');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await bench.isPassing()).toBe(true);
    await bench.app[Symbol.asyncDispose]();
    await until(async () => (await bench.health())?.status === 'critical', 'critical');
    expect((await bench.health())?.checks[0]?.output).toMatch(/TCP connect .*ECONNREFUSED/);
  });

  it('registers on the return of a registry that was down at the start', async () => {
    await registry.kill();
    bench.open({ checks: [ttl] });
    await until(bench.hasFailed, 'a failure told');
    await registry.resume();
    await until(bench.isPassingAfter(1), 'passing');
    expect(bench.registrations()).toBe(1);
  });

  it('is registered again after the agent came back without its state, once', async () => {
    const registrar = bench.open({ checks: [ttl] });
    await until(bench.isPassingAfter(1), 'passing');
    await registry.kill();
    await registry.resume();
    await until(bench.isPassingAfter(2), 'passing again');
    await until(() => registrar.status().lastError === undefined && registrar.status().isInCatalog === true, 'settled');
    expect(bench.registrations()).toBe(2);
    expect(registrar.status().registrations).toBe(2);
  });

  it('is registered again when somebody takes it away or changes it', async () => {
    const registrar = bench.open({ checks: [ttl] });
    const { client, app, id } = bench;
    await until(bench.isPassing, 'passing');
    await client.agent.deregister(id);
    registrar.recheck();
    await until(bench.isPassing, 'passing again');
    await client.agent.register({ name: 'orders', id, port: 1, address: '127.0.0.1' });
    registrar.recheck();
    await until(async () => (await client.agent.service(id)).value.port === app.port, 'its own port again');
    const because = bench.events.filter((event) => event.kind === 'registered').map((event) => event.because);
    expect(because).toEqual(['start', 'lost', 'port']);
  });

  it('goes into maintenance with a reason, comes back by itself, and keeps it when the agent lost it', async () => {
    const registrar = bench.open({ checks: [ttl] });
    await until(bench.isPassing, 'passing');
    await registrar.setMaintenance({ reason: 'new disk' });
    expect(await bench.health()).toMatchObject({ status: 'maintenance' });
    const check = (await bench.health())?.checks.find(({ id }) => id.startsWith('_service_maintenance'));
    expect(check?.notes).toBe('new disk');
    await bench.client.agent.deregister(bench.id);
    registrar.recheck();
    await until(async () => (await bench.health())?.status === 'maintenance', 'maintenance again');
    await registrar.setMaintenance({ reason: 'short', forMs: 300 });
    await until(bench.isPassing, 'passing by itself');
  });
});

describe.skipIf(consulBin === undefined)('registration at a real Consul that keeps its state', () => {
  let consul: RealConsul;
  let bench: Bench;

  beforeEach(async () => {
    consul = await RealConsul.start({ persistent: true });
    bench = await Bench.at(consul.address);
  });

  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await consul[Symbol.asyncDispose]();
  });

  it('is not repeated after a restart', async () => {
    const registrar = bench.open({ checks: [ttl] });
    await until(bench.isPassingAfter(1), 'passing');
    await consul.kill('SIGTERM');
    await until(bench.hasFailed, 'a failure told');
    await consul.resume();
    await until(bench.isPassing, 'passing');
    await until(() => registrar.status().lastError === undefined, 'the agent looked at');
    expect(bench.registrations()).toBe(1);
  });

  it('is repeated once after a restart on a wiped disk', async () => {
    bench.open({ checks: [ttl] });
    await until(bench.isPassingAfter(1), 'passing');
    await consul.kill();
    await consul.wipe();
    await consul.resume();
    await until(bench.isPassingAfter(2), 'passing again');
    expect(bench.registrations()).toBe(2);
  });

  it('comes through an agent that hangs', async () => {
    bench.open({ checks: [ttl] });
    await until(bench.isPassingAfter(1), 'passing');
    consul.signal('SIGSTOP');
    await until(bench.hasFailed, 'a failure told', 30_000);
    consul.signal('SIGCONT');
    await until(bench.isPassing, 'passing again');
    expect(bench.registrations()).toBe(1);
  });
});
