import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import type { ServiceQuery } from '../../../src/upstream/endpoint-source.ts';
import type { TrafficPlanSource } from '../../../src/upstream/traffic-plan.ts';
import { type UpstreamName, upstreamKey } from '../../../src/upstream/upstream-name.ts';
import type { UpstreamSettings } from '../../../src/upstream/upstream-settings.ts';
import { UpstreamTable, type UpstreamTableOptions } from '../../../src/upstream/upstream-table.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { defaultSettings, endpoints } from '../../support/upstream-parts.ts';
import { catalogDown, ScriptedSource } from '../../support/upstream-scripted-source.ts';

function settingsFor({ name, tag, datacenter }: UpstreamName): UpstreamSettings {
  const query = {
    service: name,
    ...(tag === undefined ? {} : { tag }),
    ...(datacenter === undefined ? {} : { datacenter }),
  };
  return { ...defaultSettings, name, query };
}

function table(options: Partial<UpstreamTableOptions> = {}) {
  const source = new ScriptedSource();
  const clock = new FakeClock();
  const upstreams = new UpstreamTable({ source, settingsFor, clock, random: seededRandom(1), ...options });
  return { source, clock, upstreams };
}

const some = { origin: 'consul', endpoints: endpoints('a', 'b') } as const;
const none = { origin: 'consul', endpoints: [] } as const;
const lease = { kind: 'cancelled' } as const;

describe('the upstream table', () => {
  it('writes keys as they stand in the URL', () => {
    expect(upstreamKey({ name: 'orders' })).toBe('orders');
    expect(upstreamKey({ name: 'orders', tag: 'v2', datacenter: 'dc2' })).toBe('v2.orders@dc2');
  });

  it('makes one watch of 500 first calls at once, and answers all', async () => {
    const { upstreams, source } = table();
    const opened = Array.from({ length: 500 }, () => upstreams.open({ name: 'orders' }));
    const waiting = opened.map((upstream) => upstream.whenKnown(10_000));
    expect(new Set(opened).size).toBe(1);
    expect(source.watches).toHaveLength(1);
    expect(opened[0]?.state).toBe('waiting');
    source.of('orders').answer(some);
    await Promise.all(waiting);
    expect(opened[0]?.state).toBe('ready');
    expect(opened[0]?.acquire()).toBeDefined();
    expect(upstreams.get('orders')).toBe(opened[0]);
    await upstreams.close();
  });

  it('keeps tags and datacenters apart', async () => {
    const { upstreams, source } = table();
    upstreams.open({ name: 'orders' });
    upstreams.open({ name: 'orders', tag: 'v2' });
    upstreams.open({ name: 'orders', tag: 'v2', datacenter: 'dc2' });
    expect(source.watches.map(({ query }) => query)).toEqual([
      { service: 'orders' },
      { service: 'orders', tag: 'v2' },
      { service: 'orders', tag: 'v2', datacenter: 'dc2' },
    ]);
    await upstreams.close();
    expect(source.open).toHaveLength(0);
  });

  it('asks for the rules of a service, but not where the configuration has chosen the instances already', async () => {
    const asked: string[] = [];
    const plans: TrafficPlanSource = {
      follow(service, tell) {
        asked.push(service);
        tell(undefined);
        return () => Promise.resolve();
      },
    };
    const chosen: Readonly<Record<string, Partial<ServiceQuery>>> = {
      fixed: { endpoints: ['10.0.0.1:80'] },
      queried: { preparedQuery: 'near' },
    };
    const { upstreams } = table({
      plans,
      settingsFor: ({ name }) => ({ ...defaultSettings, name, query: { service: name, ...chosen[name] } }),
    });
    for (const name of ['fixed', 'queried', 'orders']) upstreams.open({ name });
    await settle();
    expect(asked).toEqual(['orders']);
    await upstreams.close();
  });

  it('does not wait longer than it was told', async () => {
    const { upstreams, clock } = table();
    let over = false;
    const waited = upstreams
      .open({ name: 'orders' })
      .whenKnown(500)
      .then(() => {
        over = true;
      });
    await clock.advance(499);
    expect(over).toBe(false);
    await clock.advance(1);
    await waited;
    expect(over).toBe(true);
    await upstreams.close();
    expect(clock.pending).toBe(0);
  });

  it('answers at once when the catalog cannot be asked, and keeps asking', async () => {
    const { upstreams, source } = table();
    const orders = upstreams.open({ name: 'orders' });
    source.of('orders').observer.failed(catalogDown);
    await orders.whenKnown(60_000);
    expect(orders.state).toBe('waiting');
    expect(orders.acquire()).toBeUndefined();
    expect(source.open).toHaveLength(1);
    source.of('orders').answer(some);
    await settle();
    expect(orders.state).toBe('ready');
    expect(upstreams.list()).toEqual([orders]);
    await upstreams.close();
  });

  it('asks about an unknown name at most once a second, however often it is called', async () => {
    const { upstreams, source, clock } = table();
    const first = upstreams.open({ name: 'nope' });
    source.of('nope').answer(none);
    await settle();
    expect(first.state).toBe('absent');
    expect(source.open).toHaveLength(0);
    for (let call = 0; call < 100; call++) {
      expect((upstreams.get('nope') ?? upstreams.open({ name: 'nope' })).state).toBe('absent');
      await clock.advance(9.9);
    }
    expect(source.watches).toHaveLength(1);
    await clock.advance(20);
    expect(upstreams.get('nope')).toBeUndefined();
    expect(upstreams.open({ name: 'nope' }).state).toBe('waiting');
    expect(source.watches).toHaveLength(2);
    source.of('nope').answer(some);
    await settle();
    expect(upstreams.get('nope')?.state).toBe('ready');
    await upstreams.close();
  });

  it('keeps watching a service that was there and has scaled to zero', async () => {
    const { upstreams, source, clock } = table();
    const orders = upstreams.open({ name: 'orders' });
    source.of('orders').answer(some);
    await settle();
    source.of('orders').answer(none);
    await settle();
    expect(orders.state).toBe('absent');
    await clock.advance(5000);
    expect(upstreams.get('orders')).toBe(orders);
    source.of('orders').answer(some);
    await settle();
    expect(orders.state).toBe('ready');
    expect(source.watches).toHaveLength(1);
    await upstreams.close();
  });

  it('bounds what 100,000 invented names cost, and lets them push out no service in use', async () => {
    const { upstreams, source, clock } = table({ maxUnknown: 100 });
    const orders = upstreams.open({ name: 'orders' });
    source.of('orders').answer(some);
    await settle();
    let [refused, served] = [0, 0];
    for (let nth = 0; nth < 100_000; nth++) {
      const before = source.watches.length;
      const upstream = upstreams.open({ name: `invented-${nth}` });
      if (source.watches.length === before) refused += 1;
      if (upstream.acquire() !== undefined) served += 1;
      if (nth % 1000 === 999) await clock.advance(500);
    }
    expect(served).toBe(0);
    expect(source.open.length).toBeLessThanOrEqual(101);
    expect(upstreams.unknownCount).toBeLessThanOrEqual(100);
    // A hundred per second of the 50 s, and the service itself.
    expect(source.watches.length).toBeLessThanOrEqual(5101);
    expect(refused).toBeGreaterThan(90_000);
    expect(upstreams.get('orders')).toBe(orders);
    expect(upstreams.list()).toEqual([orders]);
    await upstreams.close();
    expect(source.open).toHaveLength(0);
  });

  it('asks again about an unknown name whose time is up, even while there is no room for others', async () => {
    const { upstreams, source, clock } = table({ maxUnknown: 2 });
    upstreams.open({ name: 'early' });
    source.of('early').answer(none);
    await clock.advance(500);
    upstreams.open({ name: 'late' });
    upstreams.get('early');
    await clock.advance(600);
    upstreams.open({ name: 'early' });
    expect(source.watches.map(({ query }) => query.service)).toEqual(['early', 'late', 'early']);
    await upstreams.close();
  });

  it('lets a service in that is called again, while a flood of invented names leaves no room', async () => {
    const { upstreams, source, clock } = table({ maxUnknown: 100 });
    let invented = 0;
    const flood = () => {
      for (let calls = 0; calls < 200; calls++) upstreams.open({ name: `invented-${invented++}` });
    };
    flood();
    expect(upstreams.open({ name: 'orders' }).isClosed).toBe(true);
    flood();
    await clock.advance(100);
    const orders = upstreams.open({ name: 'orders' });
    expect(orders.isClosed).toBe(false);
    flood();
    expect(upstreams.unknownCount).toBe(100);
    source.of('orders').answer(some);
    await settle();
    expect(upstreams.get('orders')?.state).toBe('ready');
    await upstreams.close();
  });

  it('asks no sooner again about a name that had to make room', async () => {
    const { upstreams, source, clock } = table({ maxUnknown: 1 });
    const asked = (name: string) => source.watches.filter(({ query }) => query.service === name).length;
    for (const name of ['a', 'b', 'b', 'a', 'a', 'a']) upstreams.open({ name });
    expect([asked('a'), asked('b')]).toEqual([1, 1]);
    await clock.advance(1000);
    upstreams.open({ name: 'a' });
    expect(asked('a')).toBe(2);
    await upstreams.close();
  });

  it('answers a name that it has no room to ask about at once', async () => {
    const { upstreams } = table({ maxUnknown: 1 });
    upstreams.open({ name: 'one' });
    const refused = upstreams.open({ name: 'two' });
    await refused.whenKnown(60_000);
    expect(refused.state).toBe('waiting');
    await upstreams.close();
  });

  it('closes what was not used for ten minutes, but nothing with requests under way', async () => {
    const closed: string[] = [];
    const { upstreams, source, clock } = table({ onClosed: ({ key }) => closed.push(key) });
    for (const name of ['used', 'idle', 'streaming']) {
      upstreams.open({ name });
      source.of(name).answer(some);
    }
    await settle();
    const stream = upstreams.get('streaming')?.acquire();
    for (let minute = 0; minute < 12; minute++) {
      upstreams.get('used');
      await clock.advance(60_000);
    }
    expect(closed).toEqual(['idle']);
    expect(
      upstreams
        .list()
        .map(({ key }) => key)
        .sort(),
    ).toEqual(['streaming', 'used']);
    expect(source.open).toHaveLength(2);
    stream?.settle(lease);
    await clock.advance(60_000);
    expect(closed).toEqual(['idle', 'streaming']);
    expect(upstreams.list().map(({ isClosed }) => isClosed)).toEqual([false]);
    await upstreams.close();
    expect(clock.pending).toBe(0);
  });

  it('lets the one used least lately go when there are too many', async () => {
    const closed: string[] = [];
    const { upstreams, source } = table({ maxUpstreams: 2, onClosed: ({ key }) => closed.push(key) });
    for (const name of ['a', 'b', 'c']) {
      upstreams.open({ name });
      source.of(name).answer(some);
      await settle();
      upstreams.get('a');
    }
    expect(closed).toEqual(['b']);
    expect(upstreams.get('b')).toBeUndefined();
    await upstreams.close();
  });

  it('watches configured upstreams from the start, and never lets them go', async () => {
    const { upstreams, source, clock } = table({ pinned: [{ name: 'payments' }], maxUpstreams: 1 });
    expect(source.watches.map(({ query }) => query.service)).toEqual(['payments']);
    source.of('payments').answer(none);
    await clock.advance(3_600_000);
    const payments = upstreams.get('payments');
    expect(payments?.state).toBe('absent');
    expect(source.open).toHaveLength(1);
    source.of('payments').answer(some);
    await settle();
    expect(payments?.state).toBe('ready');
    await upstreams.close();
  });

  it('keeps upstreams whose settings stay over a reload, and replaces the others', async () => {
    const pinned = [{ name: 'same' }, { name: 'changed' }, { name: 'dropped' }];
    const { upstreams, source } = table({ pinned });
    for (const { name } of pinned) source.of(name).answer(some);
    await settle();
    const [same, changed, dropped] = pinned.map(({ name }) => upstreams.get(name));
    upstreams.reload(
      (name) => ({ ...settingsFor(name), policy: name.name === 'changed' ? 'p2c' : 'round-robin' }),
      [{ name: 'same' }, { name: 'changed' }, { name: 'new' }],
    );
    expect(upstreams.get('same')).toBe(same);
    expect(upstreams.get('changed')).not.toBe(changed);
    expect(upstreams.get('changed')?.settings.policy).toBe('p2c');
    expect(upstreams.get('dropped')).toBe(dropped);
    expect(upstreams.get('new')?.state).toBe('waiting');
    expect(source.open.map(({ query }) => query.service).sort()).toEqual(['changed', 'dropped', 'new', 'same']);
    await upstreams.close();
  });

  it('asks anew, after a reload, about unknown names whose settings changed', async () => {
    const { upstreams, source } = table();
    const same = upstreams.open({ name: 'same' });
    const changed = upstreams.open({ name: 'changed' });
    upstreams.reload(
      (name) => ({ ...settingsFor(name), policy: name.name === 'changed' ? 'random' : 'round-robin' }),
      [],
    );
    expect(upstreams.open({ name: 'same' })).toBe(same);
    expect(upstreams.open({ name: 'changed' })).not.toBe(changed);
    expect(source.open).toHaveLength(2);
    await upstreams.close();
  });

  it('opens nothing any more once it is closed', async () => {
    const { upstreams, source } = table();
    await upstreams.close();
    expect(upstreams.open({ name: 'late' }).state).toBe('waiting');
    expect(source.watches).toHaveLength(0);
  });
});
