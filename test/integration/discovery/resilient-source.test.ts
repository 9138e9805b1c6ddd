import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { ConsulSource } from '../../../src/discovery/consul-source.ts';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { LastGoodStore } from '../../../src/discovery/last-good-store.ts';
import { resilientSource } from '../../../src/discovery/resilient-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { registries, type TestRegistry } from '../../support/discovery-registry.ts';
import { consume, type Seen, until } from '../../support/discovery-source.ts';
import { FakeApp } from '../../support/registration-app.ts';

describe.each(registries)('a guarded view of $name', ({ start }) => {
  let registry: TestRegistry;
  let client: ConsulClient;
  let apps: FakeApp[];
  let events: DiscoveryEvent[];
  let opened: Seen[];

  beforeEach(async () => {
    registry = await start();
    client = new ConsulClient({ address: registry.address });
    apps = await Promise.all([FakeApp.start(), FakeApp.start(), FakeApp.start()]);
    events = [];
    opened = [];
  });

  afterEach(async () => {
    await Promise.all(opened.map((seen) => seen.stop()));
    await client.close();
    await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()));
    await registry[Symbol.asyncDispose]();
  });

  const watch = (store?: LastGoodStore): Seen => {
    const source = new ConsulSource({ consul: client });
    const seen = consume(
      resilientSource({ source, store, clock: systemClock, onEvent: (event) => events.push(event) }),
    );
    opened.push(seen);
    return seen;
  };
  const idOf = (app: FakeApp) => `app-${app.port}`;
  const register = (app: FakeApp) =>
    client.agent.register({ name: 'app', id: idOf(app), address: '127.0.0.1', port: app.port });
  const count = (seen: Seen) => seen.latest?.endpoints.length;
  const settled = () => events.filter((event) => event.kind === 'shrink_settled').map(({ verdict }) => verdict);

  it('loses one of three that is deregistered, though it still answers', async () => {
    await Promise.all(apps.map(register));
    const seen = watch();
    await until(() => count(seen) === 3, 'three');
    await client.agent.deregister(idOf(apps[0] as FakeApp));
    await until(() => count(seen) === 2, 'two');
    expect(events).toEqual([]);
  });

  it('loses the only one after its maintenance, though it still answers', async () => {
    const [app] = apps as [FakeApp];
    await register(app);
    const seen = watch();
    await until(() => count(seen) === 1, 'one');
    await client.agent.maintainService(idOf(app), true, { reason: 'leaving' });
    await until(() => seen.latest?.endpoints[0]?.health === 'maintenance', 'in maintenance');
    await client.agent.deregister(idOf(app));
    await until(() => count(seen) === 0, 'none');
    expect(events).toEqual([]);
  });

  it('keeps all when the registry comes back empty and the apps answer, and loses those that refuse', async () => {
    await Promise.all(apps.map(register));
    const seen = watch();
    await until(() => count(seen) === 3, 'three');
    await registry.kill();
    await until(() => seen.failures.length > 0, 'the registry missed');
    await registry.resume();
    await until(() => events.some(({ kind }) => kind === 'shrink_held'), 'the empty answer noticed');
    expect(count(seen)).toBe(3);
    await apps[0]?.[Symbol.asyncDispose]();
    await until(() => count(seen) === 2, 'the one that refuses gone');
    await Promise.all(apps.slice(1).map(register));
    await until(() => settled().includes('returned'), 'registered again');
    expect(count(seen)).toBe(2);
    expect(seen.sets.every(({ endpoints }) => endpoints.length === 0 || endpoints.length >= 2)).toBe(true);
  });

  it('honours a true scale to zero at once', async () => {
    await Promise.all(apps.map(register));
    const seen = watch();
    await until(() => count(seen) === 3, 'three');
    await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()));
    await Promise.all(apps.map((app) => client.agent.deregister(idOf(app))));
    await until(() => count(seen) === 0, 'none', 10_000);
    expect(settled().every((verdict) => verdict === 'refused')).toBe(true);
  });

  it('survives a restart of ours while the registry is down, by the view on disk, and has the new one soon after its return', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pilotfish-snapshot-'));
    const store = new LastGoodStore({ directory, maxAgeMs: 86_400_000, clock: systemClock, onEvent: () => undefined });
    const ended = new AbortController();
    const running = store.run(ended.signal);
    await Promise.all(apps.map(register));
    const before = watch(store);
    await until(() => count(before) === 3, 'three');
    await before.stop();
    ended.abort();
    await running;
    await registry.kill();
    const after = watch(
      new LastGoodStore({ directory, maxAgeMs: 86_400_000, clock: systemClock, onEvent: () => undefined }),
    );
    await until(() => count(after) === 3, 'three from disk', 10_000);
    expect(after.latest?.origin).toBe('snapshot');
    await until(() => after.failures.length >= 3, 'a back-off that lasts until the agent is back');
    const newcomer = await FakeApp.start();
    apps.push(newcomer);
    await registry.resume();
    await Promise.all(apps.map(register));
    await until(() => after.latest?.origin === 'consul' && count(after) === 4, 'the new view', 10_000);
    await after.stop();
    await rm(directory, { recursive: true, force: true });
  });
});
