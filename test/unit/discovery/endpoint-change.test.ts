import { describe, expect, it } from 'vitest';
import { changedEndpoints } from '../../../src/discovery/endpoint-change.ts';
import type { Endpoint, EndpointCheck } from '../../../src/upstream/endpoint.ts';
import { endpointNo, endpointsTo } from '../../support/discovery-endpoint.ts';

const check = (different: Partial<EndpointCheck> = {}): EndpointCheck => ({
  id: 'service:app-1',
  name: 'app',
  status: 'passing',
  output: 'HTTP GET: 200 OK',
  ...different,
});

describe('no change', () => {
  it('the same instances in another order', () => {
    expect(changedEndpoints(endpointsTo(3), [...endpointsTo(3)].reverse())).toBeUndefined();
  });

  it('another output of a check', () => {
    const before = endpointNo(1, { checks: [check()] });
    expect(changedEndpoints([before], [endpointNo(1, { checks: [check({ output: 'took 3 ms' })] })])).toBeUndefined();
  });

  it('the same checks in another order', () => {
    const [a, b] = [check(), check({ id: 'serfHealth' })];
    const before = endpointNo(1, { checks: [a, b] });
    expect(changedEndpoints([before], [endpointNo(1, { checks: [b, a] })])).toBeUndefined();
  });
});

describe('a change', () => {
  it.each<[string, Partial<Endpoint>]>([
    ['address', { host: '10.9.9.9' }],
    ['port', { port: 9 }],
    ['weight', { weight: 7 }],
    ['health', { health: 'warning' }],
    ['tags', { tags: ['v2'] }],
    ['metadata', { meta: new Map([['version', '2']]) }],
    ['node', { node: 'node-2' }],
    ['check status', { checks: [check({ status: 'critical' })] }],
    ['further check', { checks: [check(), check({ id: 'other' })] }],
  ])('of the %s, and who is the same keeps its object', (_what, different) => {
    const before = [endpointNo(1, { checks: [check()] }), endpointNo(2)];
    const after = [endpointNo(1, { checks: [check()], ...different }), endpointNo(2)];
    const changed = changedEndpoints(before, after);
    expect(changed?.[0]).toBe(after[0]);
    expect(changed?.[1]).toBe(before[1]);
  });

  it('one more or one less', () => {
    expect(changedEndpoints(endpointsTo(2), endpointsTo(3))).toHaveLength(3);
    expect(changedEndpoints(endpointsTo(3), endpointsTo(2))).toHaveLength(2);
    expect(changedEndpoints(endpointsTo(1), [])).toEqual([]);
  });

  it('the same id in another place of a list as long', () => {
    expect(changedEndpoints([endpointNo(1), endpointNo(2)], [endpointNo(1), endpointNo(3)])).toHaveLength(2);
  });
});
