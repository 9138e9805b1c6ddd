import { describe, expect, it } from 'vitest';
import { appRows } from '../../../src/app/marathon/bridge-report.ts';
import { planReport } from '../../../src/app/marathon/plan-report.ts';

const APP = { appId: '/shop/orders', name: 'shop-orders', running: 2, registered: 2, failures: [] };

describe('an app in the report', () => {
  it('is kept, or differs while Consul has less than runs', () => {
    expect(appRows({ apps: [APP], clashes: [] })).toMatchObject([{ id: '/shop/orders', state: 'kept', problems: [] }]);
    expect(appRows({ apps: [{ ...APP, registered: 1 }], clashes: [] })).toMatchObject([{ state: 'differs' }]);
  });

  it('says what failed', () => {
    const failures = [{ doing: 'register', on: 'orders.1', error: new Error('the agent is away') }] as const;
    expect(appRows({ apps: [{ ...APP, failures }], clashes: [] })).toMatchObject([
      { state: 'failed', problems: ['register orders.1: the agent is away'] },
    ]);
  });

  it('says with which other it clashes, also when nothing else is known of it', () => {
    const clashes = [{ name: 'shop-orders', appIds: ['/shop-orders', '/shop/orders'] }];
    expect(appRows({ apps: [APP], clashes })).toMatchObject([
      { id: '/shop/orders', state: 'clash', problems: [expect.stringContaining('/shop-orders becomes')] },
      { id: '/shop-orders', state: 'clash', problems: [expect.stringContaining('/shop/orders becomes')] },
    ]);
  });
});

describe('a plan', () => {
  it('without a change says so, whatever is left alone', () => {
    const refusal = { removals: 9, own: 10, maxPurge: 0.5 };
    const clashes = [{ name: 'a-b', appIds: ['/a-b', '/a/b'] }];
    const { isSame, problems } = planReport({ apps: [], clashes, refusal }, ['noticed']);
    expect(isSame).toBe(true);
    expect(problems).toEqual([
      expect.stringContaining('/a-b and /a/b become one name in Consul, a-b'),
      expect.stringContaining('9 of 10 own services, and at most 50 %'),
      'noticed',
    ]);
  });
});
