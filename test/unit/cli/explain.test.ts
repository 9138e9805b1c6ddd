import { describe, expect, it } from 'vitest';
import { describeReason } from '../../../src/cli/describe-reason.ts';
import { serviceIn } from '../../../src/cli/view-commands.ts';

describe('explain', () => {
  it.each([
    ['orders', 'orders'],
    ['v2.orders@dc2', 'v2.orders@dc2'],
    ['/orders/api/42', 'orders'],
    ['http://localhost:7700/orders/api/42?x=1', 'orders'],
    ['http://localhost:7700/v2.orders@dc2/', 'v2.orders@dc2'],
    ['http://orders.localhost:7700/api', 'orders'],
    ['http://v2.orders.service.consul/api', 'v2.orders'],
    ['http://orders.service.dc2.consul/api', 'orders@dc2'],
  ])('finds the service in %s', (target, service) => {
    expect(serviceIn(target)).toBe(service);
  });

  it.each([
    [
      { kind: 'critical', check: { name: 'http', output: 'HTTP GET: 500\nbody' } },
      'critical: check "http" says HTTP GET: 500',
    ],
    [
      { kind: 'ejected', reason: 'consecutive-failures', ejections: 2, returnsInMs: 41_200 },
      'ejected (consecutive-failures, 2×), back in 42 s',
    ],
    [{ kind: 'slow-start', share: 0.3 }, 'back from an ejection, with 30 % of its share'],
    [{ kind: 'panic' }, 'used all the same: too few are usable'],
    [{ kind: 'something new' }, 'something new'],
  ])('says %j in words', (reason, words) => {
    expect(describeReason(reason)).toBe(words);
  });
});
