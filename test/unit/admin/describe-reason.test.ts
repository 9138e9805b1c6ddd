import { expect, test } from 'vitest';
import { describeReason } from '../../../src/admin/describe-reason.ts';
import type { EndpointCheck } from '../../../src/upstream/endpoint.ts';
import type { Reason } from '../../../src/upstream/explain.ts';

const check: EndpointCheck = { id: 'c', name: 'orders http', status: 'critical', output: 'refused\nmore' };

test.each<[Reason, string]>([
  [{ kind: 'critical', check }, 'critical: check “orders http” says refused'],
  [{ kind: 'warning', check: { ...check, output: ' ' } }, 'warning: check “orders http” says nothing'],
  [{ kind: 'critical', check: undefined }, 'critical'],
  [{ kind: 'maintenance', check: { ...check, output: 'a new disk' } }, 'in maintenance: a new disk'],
  [{ kind: 'maintenance', check: undefined }, 'in maintenance: no reason given'],
  [{ kind: 'no-weight' }, 'its weight is 0'],
  [{ kind: 'probe-failing', output: 'GET /health: 500' }, 'fails its probes: GET /health: 500'],
  [
    { kind: 'ejected', reason: 'consecutive-failures', ejections: 2, returnsInMs: 1200 },
    'ejected (consecutive-failures, 2×), back in 2 s',
  ],
  [{ kind: 'slow-start', share: 0.25 }, 'back in use, with 25 % of its share'],
  [{ kind: 'panic' }, 'used all the same: too few are usable'],
  [{ kind: 'far', key: 'zone', value: 'a' }, 'not zone=a, and enough near ones are usable'],
  [{ kind: 'standby', datacenter: 'dc2' }, 'stands by in dc2'],
  [{ kind: 'standby', datacenter: undefined }, 'its datacenter is not the one in use'],
  [{ kind: 'departed' }, 'left the catalog; its last requests are under way'],
])('%o in words', (reason, words) => {
  expect(describeReason(reason)).toBe(words);
});

test('an output without end is cut', () => {
  const long = describeReason({ kind: 'critical', check: { ...check, output: 'x'.repeat(5000) } });
  expect(long.length).toBeLessThan(300);
});
