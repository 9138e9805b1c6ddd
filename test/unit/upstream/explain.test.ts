import { expect, it, describe as suite } from 'vitest';
import { describe } from '../../../src/upstream/describe.ts';
import type { EndpointCheck } from '../../../src/upstream/endpoint.ts';
import { explain } from '../../../src/upstream/explain.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { endpoint, endpoints, upstream, upstreamFault } from '../../support/upstream-parts.ts';
import { catalogDown } from '../../support/upstream-scripted-source.ts';

const check: EndpointCheck = { id: 'c1', name: 'disk', status: 'critical', output: 'disk is full' };
const passing: EndpointCheck = { id: 'c0', name: 'http', status: 'passing', output: '200 OK' };

function reasons(orders: Upstream, id: string) {
  return explain(orders).endpoints.find((each) => each.endpoint.id === id)?.reasons;
}

function failUntilEjected(orders: Upstream, id: string): void {
  const before = orders.choice.selection.usable.length;
  while (orders.choice.selection.usable.length === before) {
    const lease = orders.acquire();
    lease?.settle(
      lease.endpoint.id === id ? { kind: 'failed', cause: upstreamFault } : { kind: 'responded', status: 200 },
    );
  }
}

suite('explain', () => {
  it('names the check that keeps an endpoint out, with its output', () => {
    const orders = upstream();
    orders.apply({
      origin: 'consul',
      endpoints: [
        ...endpoints('a', 'b', 'd'),
        endpoint('x', { health: 'critical', checks: [passing, check] }),
        endpoint('m', { health: 'maintenance' }),
        endpoint('z', { weight: 0 }),
      ],
    });
    expect(reasons(orders, 'a')).toEqual([]);
    expect(reasons(orders, 'x')).toEqual([{ kind: 'critical', check }]);
    expect(reasons(orders, 'm')).toEqual([{ kind: 'maintenance', check: undefined }]);
    expect(reasons(orders, 'z')).toEqual([{ kind: 'no-weight' }]);
  });

  it('tells the share of each, and who is next, without moving on', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: [endpoint('a', { weight: 3 }), endpoint('b')] });
    const { next, endpoints: explained } = explain(orders);
    expect(explained.map(({ share, isUsed }) => [share, isUsed])).toEqual([
      [0.75, true],
      [0.25, true],
    ]);
    expect(explain(orders).next).toBe(next);
    expect(orders.acquire()?.endpoint).toBe(next);
  });

  it('says nothing of who is next where chance decides', () => {
    const orders = upstream({ policy: 'p2c' });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b') });
    expect(explain(orders).next).toBeUndefined();
  });

  it('tells for how long an endpoint is ejected, then how slowly it starts', async () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b', 'c') });
    failUntilEjected(orders, 'b');
    await clock.advance(10_000);
    expect(reasons(orders, 'b')).toEqual([
      { kind: 'ejected', reason: 'consecutive-failures', ejections: 1, returnsInMs: 20_000 },
    ]);
    await clock.advance(25_000);
    expect(reasons(orders, 'b')).toEqual([{ kind: 'slow-start', share: 0.5 }]);
    await clock.advance(5000);
    expect(reasons(orders, 'b')).toEqual([]);
  });

  it('says that an endpoint is used only because of panic', () => {
    const orders = upstream();
    const unwell = ['x', 'y'].map((id) => endpoint(id, { health: 'critical', checks: [check] }));
    orders.apply({ origin: 'consul', endpoints: [endpoint('a'), ...unwell] });
    expect(explain(orders).panic).toBe(true);
    expect(reasons(orders, 'x')).toEqual([{ kind: 'critical', check }, { kind: 'panic' }]);
    expect(reasons(orders, 'a')).toEqual([]);
  });

  it('tells far from near, and standby from in use', () => {
    const orders = upstream({ failover: ['dc2'], locality: { key: 'zone', value: 'z1', spillBelow: 0.7 } });
    const near = endpoint('near', { meta: new Map([['zone', 'z1']]) });
    orders.apply({ origin: 'consul', endpoints: [near, endpoint('far')] });
    orders.apply({ origin: 'consul', endpoints: endpoints('other') }, 1);
    expect(explain(orders).reach).toBe('near');
    expect(reasons(orders, 'near')).toEqual([]);
    expect(reasons(orders, 'far')).toEqual([{ kind: 'far', key: 'zone', value: 'z1' }]);
    expect(reasons(orders, 'other')).toEqual([{ kind: 'standby', datacenter: 'dc2' }]);
  });

  it('shows one that has left while its requests are under way', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const lease = orders.acquire();
    orders.apply({ origin: 'consul', endpoints: endpoints('b') });
    expect(reasons(orders, 'a')).toEqual([{ kind: 'departed' }]);
    lease?.settle({ kind: 'cancelled' });
    expect(reasons(orders, 'a')).toBeUndefined();
  });

  it('explains an upstream of which nothing is known', () => {
    const explained = explain(upstream());
    expect(explained).toMatchObject({ state: 'waiting', origin: undefined, ageMs: undefined, endpoints: [] });
  });
});

suite('describe', () => {
  it('counts each endpoint of the catalog once, by what becomes of it', () => {
    const orders = upstream({ failover: ['dc2'] });
    const list = [
      ...endpoints('a', 'b', 'c', 'd'),
      endpoint('x', { health: 'critical' }),
      endpoint('z', { weight: 0 }),
    ];
    orders.apply({ origin: 'consul', endpoints: list });
    orders.apply({ origin: 'consul', endpoints: endpoints('other') }, 1);
    failUntilEjected(orders, 'c');
    orders.apply({ origin: 'consul', endpoints: [...list, endpoint('leaving')] });
    while (orders.acquire()?.endpoint.id !== 'leaving');
    orders.apply({ origin: 'consul', endpoints: list });
    expect(describe(orders).members.filter(({ departed }) => departed)).toHaveLength(1);
    expect(describe(orders).counts).toEqual({
      used: 3,
      ejected: 1,
      failing: 0,
      unwell: 2,
      standby: 1,
      departed: 1,
    });
  });

  it('gives state, source, age, load and totals', async () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const lease = orders.acquire();
    const other = orders.acquire();
    await clock.advance(40);
    lease?.answered();
    await clock.advance(1000);
    lease?.settle({ kind: 'responded', status: 200 });
    orders.fail(catalogDown);
    expect(describe(orders)).toMatchObject({
      key: 'orders',
      service: 'orders',
      state: 'ready',
      policy: 'round-robin',
      origin: 'consul',
      ageMs: 1040,
      changedMsAgo: 1040,
      panic: false,
      failover: undefined,
      inFlight: 1,
      totals: { responded: 1, failed: 0, cancelled: 0, limited: 0 },
      members: [
        { isUsed: true, standing: 'in-use', departed: false, inFlight: 1, requests: 2, failed: 0, latencyMs: 40 },
      ],
    });
    other?.settle({ kind: 'cancelled' });
  });
});
