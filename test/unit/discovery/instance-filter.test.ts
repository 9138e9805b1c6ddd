import { describe, expect, it } from 'vitest';
import type { HealthEntry } from '../../../src/consul/decode/health.ts';
import { compileFilter } from '../../../src/discovery/instance-filter.ts';

const entry: HealthEntry = {
  node: {
    id: 'n',
    name: 'n1',
    address: '10.0.0.7',
    datacenter: 'dc1',
    taggedAddresses: new Map(),
    meta: new Map([['zone', 'a']]),
  },
  service: {
    id: 'web-1',
    name: 'web',
    tags: ['v2', 'blue'],
    address: '10.0.0.7',
    port: 80,
    meta: new Map([
      ['version', '2.1'],
      ['odd-key', 'x y'],
    ]),
    taggedAddresses: new Map(),
    weights: { passing: 1, warning: 1 },
    kind: '',
  },
  checks: [],
};

describe('a subset’s filter', () => {
  it.each([
    ['', true],
    ['Service.Meta.version == 2.1', true],
    ['Service.Meta.version == "2.1"', true],
    ['Service.Meta.version != `2.1`', false],
    ['Service.Meta.absent == x', false],
    ['Service.Meta.absent != x', true],
    ['Service.Meta["odd-key"] == "x y"', true],
    ['Service.Tags contains v2', true],
    ['Service.Tags not contains v2', false],
    ['"blue" in Service.Tags', true],
    ['green not in Service.Tags', true],
    ['version in Service.Meta', true],
    ['Service.Tags is empty', false],
    ['Service.Meta is not empty', true],
    ['Service.Meta.version matches "^2[.]"', true],
    ['Service.Meta.version not matches "^1"', true],
    ['Node.Meta.zone == a and not (v1 in Service.Tags or v3 in Service.Tags)', true],
    ['Node.Datacenter == dc2 or Service.Port == 80', true],
    ['not Node.Node == n1', false],
  ])('%s: %s', (text, expected) => {
    expect(compileFilter(text)?.(entry)).toBe(expected);
  });

  it.each([
    'Checks.Status == passing',
    'Service.Meta.version ==',
    'a b c',
    '(Service.ID == x',
    'Service.ID == "x',
    'Service.ID matches "("',
  ])('leaves to Consul what it does not understand: %s', (text) => {
    expect(compileFilter(text)).toBe(undefined);
  });
});
