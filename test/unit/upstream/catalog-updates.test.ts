import { describe, expect, it } from 'vitest';
import type { UpstreamEvent } from '../../../src/upstream/upstream-event.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { endpoint, endpoints, manyEndpoints, upstream, upstreamFault } from '../../support/upstream-parts.ts';

const ok = { kind: 'responded', status: 200 } as const;

describe('a catalog update', () => {
  it('keeps the load of those that stay, whatever else changes', () => {
    const orders = upstream({ policy: 'least-connections' });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b') });
    const first = orders.acquire();
    orders.apply({ origin: 'consul', endpoints: [endpoint('c'), endpoint('b', { weight: 1 }), endpoint('a')] });
    const members = new Map([...orders.choice.view.members()].map((member) => [member.id, member.inFlight]));
    expect(members.get(first?.endpoint.id ?? '')).toBe(1);
    expect([...members.values()].reduce((sum, load) => sum + load)).toBe(1);
  });

  it('keeps an ejection, even when the endpoint leaves and comes back', () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b', 'c') });
    while (orders.choice.selection.usable.length === 3) {
      const lease = orders.acquire();
      lease?.settle(lease.endpoint.id === 'b' ? { kind: 'failed', cause: upstreamFault } : ok);
    }
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'c') });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b', 'c', 'd') });
    expect(orders.choice.selection.candidates.map(({ id }) => id)).toEqual(['a', 'c', 'd']);
  });

  it('gives a new process at the same id a fresh start, when the address changed', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b', 'c') });
    while (orders.choice.selection.usable.length === 3) {
      const lease = orders.acquire();
      lease?.settle(lease.endpoint.id === 'b' ? { kind: 'failed', cause: upstreamFault } : ok);
    }
    orders.apply({ origin: 'consul', endpoints: [endpoint('a'), endpoint('b', { port: 9999 }), endpoint('c')] });
    expect(orders.choice.selection.usable).toHaveLength(3);
  });

  it('finishes the requests of an endpoint that left, and remembers it until then', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const lease = orders.acquire();
    orders.apply({ origin: 'consul', endpoints: endpoints('b') });
    expect(orders.acquire()?.endpoint.id).toBe('b');
    const { view } = orders.choice;
    expect([...view.departed()].map(({ id, inFlight }) => [id, inFlight])).toEqual([['a', 1]]);
    expect(orders.inFlight).toBe(2);
    lease?.settle(ok);
    expect([...view.departed()]).toEqual([]);
    expect(orders.inFlight).toBe(1);
  });

  it('counts the load of an endpoint that left with requests under way and came back', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b') });
    const leases = [orders.acquire(), orders.acquire()];
    orders.apply({ origin: 'consul', endpoints: endpoints('b') });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b') });
    expect([...orders.choice.view.members()].map(({ inFlight }) => inFlight)).toEqual([1, 1]);
    for (const lease of leases) lease?.settle({ kind: 'cancelled' });
    expect([...orders.choice.view.members()].map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  it('tells what came, left and changed, and nothing when nothing did', () => {
    const events: UpstreamEvent[] = [];
    const orders = upstream({}, { observer: (event) => events.push(event) });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b') });
    orders.apply({ origin: 'consul', endpoints: endpoints('b', 'a') });
    orders.apply({ origin: 'consul', endpoints: [endpoint('b', { tags: ['v2'] }), endpoint('c')] });
    expect(events).toEqual([
      { kind: 'view', origin: 'consul', datacenter: undefined, added: endpoints('a', 'b'), removed: [], changed: [] },
      {
        kind: 'view',
        origin: 'consul',
        datacenter: undefined,
        added: endpoints('c'),
        removed: endpoints('a'),
        changed: [endpoint('b', { tags: ['v2'] })],
      },
    ]);
  });

  it('counts an id that comes twice in a set once', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'a', 'b') });
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'a') });
    expect(orders.choice.selection.candidates.map(({ id }) => id)).toEqual(['a']);
  });

  it('keeps the list of candidates by identity when nothing of it changed, so that policies keep theirs', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: manyEndpoints(5) });
    const order = Array.from({ length: 5 }, () => orders.acquire()?.endpoint.id);
    orders.apply({ origin: 'consul', endpoints: manyEndpoints(5).map((each) => ({ ...each, tags: ['new'] })) });
    expect(Array.from({ length: 5 }, () => orders.acquire()?.endpoint.id)).toEqual(order);
    expect(orders.acquire()?.endpoint.tags).toEqual(['new']);
  });

  it('gives policies another list for each set of weights, though the endpoints are the same', () => {
    const orders = upstream();
    const shares = (weight: number) => {
      orders.apply({ origin: 'consul', endpoints: [endpoint('a'), endpoint('b', { weight })] });
      return orders.choice.selection.candidates;
    };
    const pick = () =>
      Array.from({ length: 220 }, () => orders.acquire()?.endpoint.id).filter((id) => id === 'b').length;
    const even = shares(1);
    expect(pick()).toBe(110);
    // Nobody is picked in between, so the policy sees only the last.
    expect(shares(100)).not.toBe(even);
    expect(shares(10)).not.toBe(even);
    expect(pick()).toBe(200);
    expect(shares(10)).toBe(orders.choice.selection.candidates);
  });

  it('knows how old the view is, what confirms it, and how old a snapshot was', async () => {
    const clock = new FakeClock();
    const orders = upstream({}, { clock });
    const ageMs = () => clock.nowMs() - (orders.choice.view.confirmedAtMs ?? Number.NaN);
    orders.confirm();
    expect(ageMs()).toBeNaN();
    orders.apply({ origin: 'snapshot', endpoints: endpoints('a'), ageMs: 5000 });
    expect(ageMs()).toBe(5000);
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    await clock.advance(700);
    expect(ageMs()).toBe(700);
    orders.fail(upstreamFault);
    expect(ageMs()).toBe(700);
    orders.confirm();
    expect(ageMs()).toBe(0);
    expect(clock.nowMs() - (orders.choice.view.changedAtMs ?? Number.NaN)).toBe(700);
  });
});
