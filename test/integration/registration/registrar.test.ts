import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { Registrar } from '../../../src/registration/registrar.ts';
import type { RegistrationEvent } from '../../../src/registration/registration-event.ts';
import type { ServiceSettings } from '../../../src/registration/service-settings.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until } from '../../support/discovery-source.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { FakeApp } from '../../support/registration-app.ts';
import { serviceSettings } from '../../support/registration-settings.ts';

describe.skipIf(consulBin === undefined)('registration at a real Consul agent', () => {
  let consul: RealConsul;
  let client: ConsulClient;
  let app: FakeApp;
  let stop: (() => Promise<void>) | undefined;

  const start = async (persistent: boolean) => {
    consul = await RealConsul.start({ persistent });
    client = new ConsulClient({ address: consul.address });
  };

  beforeEach(async () => {
    app = await FakeApp.start();
  });

  afterEach(async () => {
    await stop?.();
    stop = undefined;
    await client?.close();
    await consul?.[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  });

  const open = (different: Partial<ServiceSettings> = {}) => {
    const events: RegistrationEvent[] = [];
    const registrar = new Registrar({
      settings: serviceSettings({ port: app.port, waitForAppMs: 5000, ...different }),
      consul: client,
      resolveAddress: async () => '127.0.0.1',
      clock: systemClock,
      random: systemRandom,
      onEvent: (event) => events.push(event),
    });
    const ended = new AbortController();
    const running = registrar.run(ended.signal);
    stop = async () => {
      ended.abort();
      await running;
    };
    return { registrar, events };
  };

  const id = () => `orders-127.0.0.1-${app.port}`;
  const ttl = [{ kind: 'ttl', ttlMs: 3000, deregisterAfterMs: 60_000 }] as const;
  const isPassing = async () => (await client.agent.serviceHealth(id()))?.status === 'passing';
  const isThere = async () => (await client.agent.serviceHealth(id())) !== undefined;
  const registrations = (events: readonly RegistrationEvent[]) =>
    events.filter(({ kind }) => kind === 'registered').length;

  it('registers with a check that Consul runs, finds itself in the catalog, and deregisters at the end', async () => {
    await start(false);
    const { registrar, events } = open({
      tags: ['api', 'v1'],
      meta: new Map([['version', '1.4.2']]),
      weights: { passing: 10, warning: 1 },
      checks: [{ kind: 'http', target: '/health', intervalMs: 1000, timeoutMs: 500, deregisterAfterMs: 60_000 }],
    });
    await until(isPassing, 'passing');
    await until(() => registrar.status().isInCatalog === true, 'in the catalog');
    expect((await client.agent.service(id())).value).toMatchObject({
      name: 'orders',
      tags: ['api', 'v1'],
      weights: { passing: 10, warning: 1 },
    });
    expect(app.paths).toContain('/health');
    expect(registrar.status()).toMatchObject({ state: 'registered', id: id(), registrations: 1, lastError: undefined });
    await stop?.();
    expect(await isThere()).toBe(false);
    expect(events.map(({ kind }) => kind)).toEqual(['app_waited_for', 'registered', 'in_catalog', 'deregistered']);
  });

  it('keeps a TTL check passing while the app answers, and reports when it does not', async () => {
    await start(false);
    open({ checks: [{ ...ttl[0], ttlMs: 1500 }] });
    await until(isPassing, 'passing');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await isPassing()).toBe(true);
    await app[Symbol.asyncDispose]();
    await until(async () => (await client.agent.serviceHealth(id()))?.status === 'critical', 'critical');
    expect((await client.agent.serviceHealth(id()))?.checks[0]?.output).toMatch(/TCP connect .*ECONNREFUSED/);
  });

  it('registers within a second of the return of a Consul that was down at the start', async () => {
    await start(true);
    await consul.kill();
    const { events } = open({ checks: ttl });
    await until(() => events.some(({ kind }) => kind === 'failed'), 'a failure told');
    await consul.resume();
    await until(isPassing, 'passing', 1000);
    expect(registrations(events)).toBe(1);
  });

  it('is registered again within a heartbeat after the agent came back without its state, once', async () => {
    await start(true);
    const { events, registrar } = open({ checks: ttl });
    await until(isPassing, 'passing');
    await consul.kill();
    await consul.wipe();
    await consul.resume();
    await until(isPassing, 'passing again', 2000);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(registrations(events)).toBe(2);
    expect(registrar.status().registrations).toBe(2);
  });

  it('registers nothing again after a restart that kept the state', async () => {
    await start(true);
    const { events, registrar } = open({ checks: ttl });
    await until(isPassing, 'passing');
    await consul.kill('SIGTERM');
    await until(() => events.some(({ kind }) => kind === 'failed'), 'a failure told');
    await consul.resume();
    await until(isPassing, 'passing');
    await until(() => registrar.status().lastError === undefined, 'the agent looked at');
    expect(registrations(events)).toBe(1);
  });

  it('comes through an agent that hangs', async () => {
    await start(false);
    const { events } = open({ checks: ttl });
    await until(isPassing, 'passing');
    consul.signal('SIGSTOP');
    await until(() => events.some(({ kind }) => kind === 'failed'), 'a failure told', 30_000);
    consul.signal('SIGCONT');
    await until(isPassing, 'passing again');
    expect(registrations(events)).toBe(1);
  });

  it('is registered again when somebody takes it away or changes it', async () => {
    await start(false);
    const { registrar, events } = open({ checks: ttl });
    await until(isPassing, 'passing');
    await client.agent.deregister(id());
    registrar.recheck();
    await until(isPassing, 'passing again');
    await client.agent.register({ name: 'orders', id: id(), port: 1, address: '127.0.0.1' });
    registrar.recheck();
    await until(async () => (await client.agent.service(id())).value.port === app.port, 'its own port again');
    expect(events.filter((event) => event.kind === 'registered').map(({ because }) => because)).toEqual([
      'start',
      'lost',
      'port',
    ]);
  });

  it('goes into maintenance with a reason, comes back by itself, and keeps it when the agent lost it', async () => {
    await start(false);
    const { registrar } = open({ checks: ttl });
    await until(isPassing, 'passing');
    const health = async () => await client.agent.serviceHealth(id());
    await registrar.setMaintenance({ reason: 'new disk' });
    expect(await health()).toMatchObject({ status: 'maintenance' });
    expect((await health())?.checks.find(({ id: check }) => check.startsWith('_service'))?.notes).toBe('new disk');
    await client.agent.deregister(id());
    registrar.recheck();
    await until(async () => (await health())?.status === 'maintenance', 'maintenance again');
    await registrar.setMaintenance({ reason: 'short', forMs: 300 });
    await until(async () => (await health())?.status === 'passing', 'passing by itself');
  });
});
