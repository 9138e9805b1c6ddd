import { describe, expect, test } from 'vitest';
import { classifyHost, hostOf, parseServiceSegment } from '../../../src/proxy/host-name.ts';

const own: ReadonlySet<string> = new Set(['box.example', '10.0.0.7']);

describe('a host', () => {
  test.each([
    'localhost',
    'LOCALHOST:7700',
    'localhost.',
    '127.0.0.1:1',
    '127.9.9.9',
    '[::1]:7700',
    'box.example',
    '10.0.0.7:7700',
  ])('that is this machine is local: %s', (host) => {
    expect(classifyHost(host, own).kind).toBe('local');
  });

  test.each([
    ['orders.localhost:7700', { name: 'orders' }],
    ['V2.Orders.localhost', { name: 'orders', tag: 'v2' }],
    ['orders.service.consul', { name: 'orders' }],
    ['orders.service.dc2.consul.', { name: 'orders', datacenter: 'dc2' }],
    ['v2.orders.service.dc2.consul:80', { name: 'orders', tag: 'v2', datacenter: 'dc2' }],
  ])('names a service: %s', (host, name) => {
    expect(classifyHost(host, own)).toEqual({
      kind: 'service',
      name: { tag: undefined, datacenter: undefined, ...name },
    });
  });

  test('of one label may be a service', () => {
    expect(classifyHost('orders', own)).toEqual({ kind: 'label', name: { name: 'orders' } });
  });

  test.each(['evil.example', 'localhost.evil.example', '10.0.0.8', '1.2.3.4:80', 'orders.node.consul', '[fe80::1]'])(
    'that is none of these is foreign: %s',
    (host) => {
      expect(classifyHost(host, own).kind).toBe('foreign');
    },
  );

  test.each([
    '',
    'a,b',
    'u@h',
    'h/p',
    'h h',
    'h:',
    'h:65536',
    'h:x',
    ':80',
    '[::1',
    '.',
    'a.b.c.localhost',
    'x.service..consul',
    'service.consul',
    '-a.localhost',
  ])('that is none at all is malformed: "%s"', (host) => {
    expect(classifyHost(host, own).kind).toBe('malformed');
  });

  test('is told without port, brackets, case and final dot', () => {
    expect(['[::1]:80', 'A.b.:1', 'x'].map(hostOf)).toEqual(['::1', 'a.b', 'x']);
  });
});

describe('the first segment of a path', () => {
  test.each([
    ['orders', { name: 'orders' }],
    ['Orders', { name: 'orders' }],
    ['v2.orders', { name: 'orders', tag: 'v2' }],
    ['orders@dc2', { name: 'orders', datacenter: 'dc2' }],
    ['v2.orders@dc2', { name: 'orders', tag: 'v2', datacenter: 'dc2' }],
    ['a_b-c', { name: 'a_b-c' }],
  ])('names a service: %s', (segment, name) => {
    expect(parseServiceSegment(segment)).toEqual({ tag: undefined, datacenter: undefined, ...name });
  });

  test.each([
    '',
    '.',
    '..',
    '..;',
    'a..b',
    'a.',
    '.a',
    'a.b.c',
    '@dc',
    'a@',
    'a@b@c',
    '-a',
    'a-',
    'a%2fb',
    '%2e%2e',
    'a b',
    'a;b',
    'a'.repeat(64),
  ])('is no service: "%s"', (segment) => {
    expect(parseServiceSegment(segment)).toBeUndefined();
  });
});
