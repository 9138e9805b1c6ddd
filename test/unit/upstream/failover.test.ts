import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import type { UpstreamEvent } from '../../../src/upstream/upstream-event.ts';
import type { UpstreamSettings } from '../../../src/upstream/upstream-settings.ts';
import { UpstreamWatch } from '../../../src/upstream/upstream-watch.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { defaultSettings, endpoint, upstream } from '../../support/upstream-parts.ts';
import { catalogDown, ScriptedSource } from '../../support/upstream-scripted-source.ts';

function watched(different: Partial<UpstreamSettings>) {
  const source = new ScriptedSource();
  const clock = new FakeClock();
  const events: UpstreamEvent[] = [];
  const orders = new Upstream({
    key: 'orders',
    settings: { ...defaultSettings, ...different },
    clock,
    random: seededRandom(1),
    observer: (event) => events.push(event),
  });
  const watch = new UpstreamWatch({ upstream: orders, source, onNews: () => {} });
  const openIn = () => source.open.map(({ query }) => query.datacenter);
  return { source, clock, events, orders, watch, openIn };
}

const here = { origin: 'consul', endpoints: [endpoint('here')] } as const;
const unwell = { origin: 'consul', endpoints: [endpoint('here', { health: 'critical' })] } as const;
const none = { origin: 'consul', endpoints: [] } as const;
const there = (id: string) => ({ origin: 'consul', endpoints: [endpoint(id)] }) as const;

describe('failover', () => {
  it('watches no other datacenter while the own one has something usable', async () => {
    const { source, orders, openIn, watch } = watched({ failover: ['dc2', 'dc3'] });
    source.of('orders').answer(here);
    await settle();
    expect(openIn()).toEqual([undefined]);
    expect(orders.acquire()?.endpoint.id).toBe('here');
    await watch.close();
  });

  it('goes to the first datacenter that has something usable, and back as soon as the own one has', async () => {
    const { source, orders, openIn, events, watch, clock } = watched({ failover: ['dc2', 'dc3'] });
    source.of('orders').answer(unwell);
    await settle();
    expect(openIn()).toEqual([undefined, 'dc2']);
    expect(orders.acquire()).toBeUndefined();
    source.of('orders', 'dc2').answer(none);
    await settle();
    expect(openIn()).toEqual([undefined, 'dc2', 'dc3']);
    source.of('orders', 'dc3').answer(there('in-dc3'));
    await settle();
    expect(orders.acquire()?.endpoint.id).toBe('in-dc3');
    source.of('orders', 'dc2').answer(there('in-dc2'));
    await settle();
    expect(orders.acquire()?.endpoint.id).toBe('in-dc2');
    source.of('orders').answer(here);
    await settle();
    expect(orders.acquire()?.endpoint.id).toBe('here');
    expect(events.filter(({ kind }) => kind === 'failover')).toEqual([
      { kind: 'failover', datacenter: 'dc3' },
      { kind: 'failover', datacenter: 'dc2' },
      { kind: 'failover', datacenter: undefined },
    ]);
    await clock.advance(59_000);
    expect(openIn()).toEqual([undefined, 'dc2', 'dc3']);
    await clock.advance(1000);
    expect(openIn()).toEqual([undefined]);
    await watch.close();
    orders.close();
    expect(clock.pending).toBe(0);
  });

  it('keeps the watches that it has when the own datacenter fails again within a minute', async () => {
    const { source, openIn, clock, watch } = watched({ failover: ['dc2'] });
    source.of('orders').answer(none);
    await settle();
    source.of('orders').answer(here);
    await clock.advance(30_000);
    source.of('orders').answer(none);
    await clock.advance(120_000);
    expect(openIn()).toEqual([undefined, 'dc2']);
    expect(source.watches).toHaveLength(2);
    await watch.close();
  });

  it('tries the others too when the catalog of the own datacenter cannot be asked', async () => {
    const { source, orders, watch } = watched({ failover: ['dc2'] });
    source.of('orders').observer.failed(catalogDown);
    await settle();
    let known = false;
    const waited = orders.whenKnown(60_000).then(() => {
      known = true;
    });
    await settle();
    expect(known).toBe(false);
    source.of('orders', 'dc2').answer(there('in-dc2'));
    await waited;
    expect(orders.acquire()?.endpoint.id).toBe('in-dc2');
    await watch.close();
  });

  it('is absent only when no datacenter knows the service', async () => {
    const { source, orders, watch } = watched({ failover: ['dc2'] });
    source.of('orders').answer(none);
    await settle();
    expect(orders.state).toBe('waiting');
    source.of('orders', 'dc2').answer(none);
    await settle();
    expect(orders.state).toBe('absent');
    await watch.close();
  });

  it('counts a lease in the other datacenter, also after the way back', async () => {
    const { source, orders, watch } = watched({ failover: ['dc2'] });
    source.of('orders').answer(none);
    await settle();
    source.of('orders', 'dc2').answer(there('in-dc2'));
    await settle();
    const lease = orders.acquire();
    source.of('orders').answer(here);
    await settle();
    expect(orders.inFlight).toBe(1);
    lease?.settle({ kind: 'cancelled' });
    expect(orders.inFlight).toBe(0);
    await watch.close();
  });
});

describe('the fallback', () => {
  const fallback = ['10.0.0.9:8080', '[::1]:8081'];

  it('is used when the catalog cannot be asked and nothing is known, until it answers', () => {
    const orders = upstream({ fallback });
    orders.fail(catalogDown);
    expect(orders.state).toBe('ready');
    expect(orders.choice.view.origin).toBe('fallback');
    const hosts = [orders.acquire()?.endpoint.host, orders.acquire()?.endpoint.host];
    expect(hosts.sort()).toEqual(['10.0.0.9', '::1']);
    orders.apply({ origin: 'consul', endpoints: [endpoint('real')] });
    expect(orders.acquire()?.endpoint.id).toBe('real');
    expect([...orders.views].map(({ origin }) => origin)).toEqual(['consul']);
    orders.fail(catalogDown);
    expect(orders.acquire()?.endpoint.id).toBe('real');
  });

  it('is not used when the catalog says that there is nobody', () => {
    const orders = upstream({ fallback });
    orders.apply({ origin: 'consul', endpoints: [] });
    expect(orders.state).toBe('absent');
    expect(orders.acquire()).toBeUndefined();
    orders.fail(catalogDown);
    expect(orders.acquire()).toBeUndefined();
  });

  it('is not used before the first failure, nor in place of a snapshot', () => {
    const orders = upstream({ fallback });
    expect(orders.acquire()).toBeUndefined();
    orders.apply({ origin: 'snapshot', endpoints: [endpoint('last-good')] });
    orders.fail(catalogDown);
    expect(orders.acquire()?.endpoint.id).toBe('last-good');
  });

  it.each(['nowhere', 'host:0', 'host:70000', 'a b:80', '::1:80'])('must be an address, which %j is not', (address) => {
    expect(() => upstream({ fallback: [address] })).toThrow(/no address of an endpoint/);
  });
});

describe('a source', () => {
  it('is heard when it confirms, and when it fails', async () => {
    const { source, orders, events, clock, watch } = watched({});
    source.of('orders').answer(here);
    await clock.advance(500);
    source.of('orders').observer.confirmed();
    expect(orders.choice.view.confirmedAtMs).toBe(clock.nowMs());
    source.of('orders').observer.failed(catalogDown);
    expect(events.at(-1)).toEqual({ kind: 'watch-failed', datacenter: undefined, error: catalogDown });
    await watch.close();
  });
});
