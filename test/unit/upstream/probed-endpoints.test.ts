import { describe, expect, it } from 'vitest';
import { countEndpoints } from '../../../src/upstream/count-endpoints.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';
import { explain } from '../../../src/upstream/explain.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import type { UpstreamSettings } from '../../../src/upstream/upstream-settings.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaultSettings, endpoint, upstream, upstreamFault } from '../../support/upstream-parts.ts';

const failing = { probeFailure: 'GET /health: 500' };
const used = (orders: Upstream) => orders.choice.selection.candidates.map(({ id }) => id);
const tell = (orders: Upstream, ...endpoints: readonly Endpoint[]) => orders.apply({ origin: 'consul', endpoints });

function arrange(settings: Partial<UpstreamSettings> = {}) {
  const clock = new FakeClock();
  return { clock, orders: upstream(settings, { clock }) };
}

describe('an endpoint that fails its probes', () => {
  it('is not used, and says why', () => {
    const { orders } = arrange();
    tell(orders, endpoint('a'), endpoint('b', failing), endpoint('c'));
    expect(used(orders)).toEqual(['a', 'c']);
    const explained = explain(orders).endpoints.find(({ endpoint: { id } }) => id === 'b');
    expect(explained).toMatchObject({
      isUsed: false,
      reasons: [{ kind: 'probe-failing', output: 'GET /health: 500' }],
    });
    expect(countEndpoints(orders)).toMatchObject({ used: 2, failing: 1, unwell: 0, ejected: 0 });
  });

  it('is used in panic, unless the catalog calls it unwell too', () => {
    const { orders } = arrange();
    tell(
      orders,
      endpoint('a'),
      endpoint('b', failing),
      endpoint('c', failing),
      endpoint('d', { health: 'critical', ...failing }),
    );
    expect(orders.choice.selection.panic).toBe(true);
    expect(used(orders)).toEqual(['a', 'b', 'c']);
    tell(orders, endpoint('a', failing), endpoint('b', failing));
    expect(used(orders), 'rather all of them than nobody').toEqual(['a', 'b']);
  });

  it('comes back slowly once they pass', async () => {
    const { orders, clock } = arrange();
    tell(orders, endpoint('a'), endpoint('b', failing), endpoint('c'));
    tell(orders, endpoint('a'), endpoint('b'), endpoint('c'));
    const shares = () => orders.choice.selection.candidates.map(({ weight }) => Math.round(weight * 10) / 10);
    expect(shares()).toEqual([1, 0.1, 1]);
    await clock.advance(5000);
    expect(shares()).toEqual([1, 0.5, 1]);
    await clock.advance(5000);
    expect(shares()).toEqual([1, 1, 1]);
  });

  it('stays out for its time when it was ejected too', async () => {
    const { orders, clock } = arrange({ outlier: { ...defaultSettings.outlier, slowStartMs: 0 } });
    const fail = () => {
      for (let nth = 0; nth < 5; nth++) {
        for (const lease of [orders.acquire(), orders.acquire(), orders.acquire()])
          lease?.settle(
            lease.endpoint.id === 'b' ? { kind: 'failed', cause: upstreamFault } : { kind: 'responded', status: 200 },
          );
      }
    };
    tell(orders, endpoint('a'), endpoint('b'), endpoint('c'));
    fail();
    expect(used(orders)).toEqual(['a', 'c']);
    tell(orders, endpoint('a'), endpoint('b', failing), endpoint('c'));
    tell(orders, endpoint('a'), endpoint('b'), endpoint('c'));
    expect(used(orders)).toEqual(['a', 'c']);
    await clock.advance(30_000);
    expect(used(orders)).toEqual(['a', 'b', 'c']);
  });

  it('does not use up the share that may be ejected', () => {
    const { orders } = arrange({ panicBelow: 0 });
    tell(orders, endpoint('a', failing), endpoint('b', failing), endpoint('c'), endpoint('d'));
    for (let nth = 0; nth < 20; nth++) {
      const lease = orders.acquire();
      lease?.settle(
        lease.endpoint.id === 'c' ? { kind: 'failed', cause: upstreamFault } : { kind: 'responded', status: 200 },
      );
    }
    expect(used(orders)).toEqual(['d']);
  });
});
