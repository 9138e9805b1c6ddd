import { describe, expect, it } from 'vitest';
import type { EndpointHealth } from '../../../src/upstream/endpoint.ts';
import type { UpstreamEvent } from '../../../src/upstream/upstream-event.ts';
import type { UpstreamSettings } from '../../../src/upstream/upstream-settings.ts';
import { defaultSettings, endpoint, endpoints, upstream, upstreamFault } from '../../support/upstream-parts.ts';

function used(healths: Readonly<Record<string, EndpointHealth>>, settings: Partial<UpstreamSettings> = {}): string[] {
  const orders = upstream(settings);
  const list = Object.entries(healths).map(([id, health]) => endpoint(id, { health }));
  orders.apply({ origin: 'consul', endpoints: list });
  return orders.choice.selection.candidates.map(({ id }) => id);
}

describe('who is used', () => {
  it('is who passes; neither warning, critical nor in maintenance', () => {
    expect(used({ a: 'passing', b: 'passing', c: 'passing', w: 'warning', x: 'critical', m: 'maintenance' })).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('is who warns too, by its weight, where the setting says so', () => {
    const orders = upstream({ passing: false });
    const list = [endpoint('a', { weight: 9 }), endpoint('w', { health: 'warning', weight: 1 })];
    orders.apply({ origin: 'consul', endpoints: list });
    const picked = Array.from({ length: 100 }, () => orders.acquire()?.endpoint.id);
    expect(picked.filter((id) => id === 'w')).toHaveLength(10);
  });

  it('is not one of weight 0, nor in panic', () => {
    const orders = upstream();
    const list = [endpoint('a'), endpoint('x', { health: 'critical' }), endpoint('y', { health: 'critical' })];
    orders.apply({ origin: 'consul', endpoints: [...list, endpoint('zero', { weight: 0 })] });
    expect(orders.choice.selection.panic).toBe(true);
    expect(orders.choice.selection.candidates.map(({ id }) => id)).toEqual(['a', 'x', 'y']);
  });

  it('is all, in panic, when fewer than the share are well; not those in maintenance', () => {
    expect(used({ a: 'passing', x: 'critical', w: 'warning', m: 'maintenance' })).toEqual(['a', 'x', 'w']);
    expect(used({ a: 'passing', x: 'critical' })).toEqual(['a']);
    expect(used({ a: 'passing', x: 'critical', y: 'critical' }, { panicBelow: 0.3 })).toEqual(['a']);
    expect(used({ a: 'passing', x: 'critical', y: 'critical' }, { panicBelow: 0 })).toEqual(['a']);
  });

  it('is nobody when the catalog calls nobody well', () => {
    expect(used({ x: 'critical', w: 'warning' })).toEqual([]);
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: [endpoint('x', { health: 'critical' })] });
    expect(orders.acquire()).toBeUndefined();
    expect(orders.refusal).toBe('none');
    expect(orders.state).toBe('ready');
  });

  it('leaves out, in panic, one that the catalog calls unwell and that failed us too', () => {
    const events: UpstreamEvent[] = [];
    const orders = upstream({}, { observer: (event) => events.push(event) });
    const list = [endpoint('a'), endpoint('x', { health: 'critical' }), endpoint('y', { health: 'critical' })];
    orders.apply({ origin: 'consul', endpoints: list });
    for (let request = 0; request < 30; request++) {
      const lease = orders.acquire();
      if (lease?.endpoint.id === 'a') lease.settle({ kind: 'responded', status: 200 });
      else lease?.settle({ kind: 'failed', cause: upstreamFault });
    }
    expect(orders.choice.selection.candidates.map(({ id }) => id)).toEqual(['a']);
    expect(events.filter(({ kind }) => kind === 'panic')).toEqual([{ kind: 'panic', on: true }]);
  });

  it('leaves such a one out even if no more of the well ones may be ejected', () => {
    const orders = upstream({ panicBelow: 1, outlier: { ...defaultSettings.outlier, maxEjected: 0 } });
    orders.apply({ origin: 'consul', endpoints: [...endpoints('a', 'b'), endpoint('x', { health: 'critical' })] });
    const fail = (id: string) => {
      for (let request = 0; request < 30; request++) {
        const lease = orders.acquire();
        if (lease?.endpoint.id === id) lease.settle({ kind: 'failed', cause: upstreamFault });
        else lease?.settle({ kind: 'cancelled' });
      }
    };
    fail('a');
    expect(orders.choice.selection.usable.map(({ id }) => id)).toEqual(['b']);
    fail('b');
    expect(orders.choice.selection.usable.map(({ id }) => id)).toEqual(['b']);
    fail('x');
    expect(orders.choice.selection.candidates.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('sends a retry, in panic, to one that is well', () => {
    const orders = upstream();
    const unwell = ['v', 'w', 'x', 'y', 'z'].map((id) => endpoint(id, { health: 'critical' }));
    orders.apply({ origin: 'consul', endpoints: [endpoint('a'), ...unwell] });
    for (const failed of unwell) expect(orders.acquire(failed)?.endpoint.id).toBe('a');
    expect(orders.acquire(endpoint('a'))?.endpoint.id).not.toBe('a');
  });
});

describe('locality', () => {
  const locality = { key: 'zone', value: 'z1', spillBelow: 0.7 };
  const inZone = (id: string, zone: string, health: EndpointHealth = 'passing') =>
    endpoint(id, { health, meta: new Map([['zone', zone]]) });

  function reach(list: readonly ReturnType<typeof endpoint>[]): string[] {
    const orders = upstream({ locality });
    orders.apply({ origin: 'consul', endpoints: list });
    return orders.choice.selection.candidates.map(({ id }) => id);
  }

  it('keeps to near ones while enough of them are usable', () => {
    expect(reach([inZone('a', 'z1'), inZone('b', 'z2'), inZone('c', 'z1'), endpoint('d')])).toEqual(['a', 'c']);
  });

  it('spills over to all when fewer than the share are', () => {
    expect(reach([inZone('a', 'z1'), inZone('b', 'z2'), inZone('c', 'z1', 'critical')])).toEqual(['a', 'b']);
    const most = [inZone('a', 'z1'), inZone('b', 'z1'), inZone('c', 'z1'), inZone('d', 'z1', 'critical')];
    expect(reach([...most, inZone('e', 'z2')])).toEqual(['a', 'b', 'c']);
  });

  it('uses all when none is near', () => {
    expect(reach([inZone('a', 'z2'), inZone('b', 'z3')])).toEqual(['a', 'b']);
  });
});
