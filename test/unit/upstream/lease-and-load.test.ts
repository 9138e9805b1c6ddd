import { describe, expect, it } from 'vitest';
import { policies } from '../../../src/balance/by-name.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import type { PolicyName } from '../../../src/upstream/upstream-settings.ts';
import { endpoint, endpoints, upstream } from '../../support/upstream-parts.ts';

const ok = { kind: 'responded', status: 200 } as const;

describe('a lease', () => {
  it('counts as load until it is settled, and only once', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const lease = orders.acquire();
    expect(orders.inFlight).toBe(1);
    lease?.settle(ok);
    lease?.settle(ok);
    lease?.settle({ kind: 'cancelled' });
    expect(orders.inFlight).toBe(0);
    expect(orders.totals).toEqual({ responded: 1, failed: 0, cancelled: 0, limited: 0 });
  });

  it('keeps the endpoint that it was given, even if the catalog moves it', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: [endpoint('a', { port: 8000 })] });
    const lease = orders.acquire();
    orders.apply({ origin: 'consul', endpoints: [endpoint('a', { port: 9000 })] });
    expect(lease?.endpoint.port).toBe(8000);
    expect(orders.acquire()?.endpoint.port).toBe(9000);
  });

  it.each(Object.keys(policies) as PolicyName[])(
    'brings load back to zero after 10,000 aborted calls (%s)',
    (policy) => {
      const orders = upstream({ policy });
      orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b', 'c') });
      const leases = Array.from({ length: 10_000 }, (_, index) => orders.acquire(undefined, index * 2_654_435_761));
      expect(orders.inFlight).toBe(10_000);
      for (const lease of leases) lease?.settle({ kind: 'cancelled' });
      expect(orders.inFlight).toBe(0);
      expect([...orders.choice.view.members()].map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
      expect([...orders.choice.view.members()].map(({ outlier }) => outlier.kind)).toEqual([
        'in-use',
        'in-use',
        'in-use',
      ]);
    },
  );

  it('gives nothing over the limit of requests, and says so', () => {
    const orders = upstream({ limits: { connections: 0, pending: 0, requests: 2 } });
    expect(orders.acquire()).toBeUndefined();
    expect(orders.refusal).toBe('none');
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    const lease = orders.acquire();
    orders.acquire();
    expect(orders.acquire()).toBeUndefined();
    expect(orders.refusal).toBe('limit');
    expect(orders.totals.limited).toBe(1);
    lease?.settle({ kind: 'failed', cause: new CodedError('x', { code: 'x', side: 'app', retryable: false }) });
    expect(orders.acquire()).toBeDefined();
  });

  it('prefers another endpoint than the one that just failed, and takes that if there is no other', () => {
    const orders = upstream();
    orders.apply({ origin: 'consul', endpoints: endpoints('a', 'b') });
    for (let turn = 0; turn < 20; turn++) {
      const lease = orders.acquire();
      expect(orders.acquire(lease?.endpoint)?.endpoint.id).not.toBe(lease?.endpoint.id);
    }
    orders.apply({ origin: 'consul', endpoints: endpoints('a') });
    expect(orders.acquire(endpoint('a'))?.endpoint.id).toBe('a');
  });
});
