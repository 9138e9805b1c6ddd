import { describe, expect, it } from 'vitest';
import { serviceBody } from '../../../src/consul/service-definition.ts';
import { desiredService } from '../../../src/registration/desired-service.ts';
import { type CheckSettings, DEFAULT_CHECK, type ServiceSettings } from '../../../src/registration/service-settings.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { serviceSettings } from '../../support/registration-settings.ts';

const bodyOf = (different: Partial<ServiceSettings>, address = '10.0.0.7') =>
  JSON.parse(JSON.stringify(serviceBody(desiredService(serviceSettings(different), address).service)));
const timing = { intervalMs: 10_000, timeoutMs: 5000, deregisterAfterMs: 60_000 };
const ttl: CheckSettings = { kind: 'ttl', ttlMs: 15_000, deregisterAfterMs: 60_000 };

describe('what Consul is told', () => {
  it('has the id name-address-port and an HTTP check every 10 s, unless told otherwise', () => {
    expect(bodyOf({})).toEqual({
      ID: 'orders-10.0.0.7-8000',
      Name: 'orders',
      Tags: [],
      Address: '10.0.0.7',
      Port: 8000,
      Meta: {},
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Checks: [
        {
          CheckID: 'service:orders-10.0.0.7-8000',
          Name: 'orders http',
          HTTP: 'http://10.0.0.7:8000/health',
          Interval: '10s',
          Timeout: '5s',
          DeregisterCriticalServiceAfter: '60s',
        },
      ],
    });
  });

  it('has tags, metadata, weights and an id of the app’s own', () => {
    const own = {
      id: 'mine',
      tags: ['api', 'v1'],
      meta: new Map([['version', '1']]),
      weights: { passing: 9, warning: 0 },
    };
    expect(bodyOf(own)).toMatchObject({
      ID: 'mine',
      Tags: ['api', 'v1'],
      Meta: { version: '1' },
      Weights: { Passing: 9, Warning: 0 },
      Checks: [{ CheckID: 'service:mine' }],
    });
  });

  it.each<[CheckSettings, object]>([
    [
      { kind: 'tcp', target: undefined, ...timing },
      { TCP: '10.0.0.7:8000', Interval: '10s' },
    ],
    [{ kind: 'tcp', target: 'db:5432', ...timing }, { TCP: 'db:5432' }],
    [
      { kind: 'grpc', target: undefined, useTls: true, ...timing },
      { GRPC: '10.0.0.7:8000', GRPCUseTLS: true },
    ],
    [ttl, { TTL: '15s' }],
    [{ ...DEFAULT_CHECK, kind: 'http', target: 'live', ...timing }, { HTTP: 'http://10.0.0.7:8000/live' }],
    [{ kind: 'http', target: 'https://status.test/x', ...timing }, { HTTP: 'https://status.test/x' }],
    [{ kind: 'http', target: '/h', headers: new Map([['x-a', '1']]), ...timing }, { Header: { 'x-a': ['1'] } }],
    [
      { ...DEFAULT_CHECK, rise: 2, fall: 3 },
      { SuccessBeforePassing: 1, FailuresBeforeCritical: 2 },
    ],
  ])('checks as it is told: %j', (check, expected) => {
    expect(bodyOf({ checks: [check] }).Checks).toEqual([expect.objectContaining(expected)]);
  });

  it('puts an IPv6 address in brackets where a URL needs them', () => {
    expect(bodyOf({}, 'fd00::7')).toMatchObject({
      Address: 'fd00::7',
      Checks: [{ HTTP: 'http://[fd00::7]:8000/health' }],
    });
  });

  it('derives every check’s id from the service’s, also where one is given', () => {
    const checks: readonly CheckSettings[] = [
      DEFAULT_CHECK,
      ttl,
      { ...ttl, id: 'alive' },
      { ...ttl, id: 'alive-mine' },
    ];
    expect(bodyOf({ id: 'mine', checks }).Checks.map(({ CheckID }: { CheckID: string }) => CheckID)).toEqual([
      'service:mine:1',
      'service:mine:2',
      'alive:mine',
      'alive-mine',
    ]);
  });

  it('sends a path check to the sidecar when its identity is to be checked, and a URL check where it says', () => {
    const checks = [DEFAULT_CHECK, { ...DEFAULT_CHECK, kind: 'http', target: 'http://other/x' } as CheckSettings];
    const { service } = desiredService(serviceSettings({ checks }), '10.0.0.7', 'http://10.0.0.7:7702/me');
    expect(service.checks.map(({ probe }) => probe)).toMatchObject([
      { url: 'http://10.0.0.7:7702/me' },
      { url: 'http://other/x' },
    ]);
  });
});

describe('a setting that Consul would refuse', () => {
  const long = (length: number) => 'x'.repeat(length);
  it.each<[string, Partial<ServiceSettings>, RegExp]>([
    ['no name', { name: '' }, /name is empty/],
    ['port 0', { port: 0 }, /port 0 is not from 1 to 65535/],
    ['65 pairs of metadata', { meta: new Map(Array.from({ length: 65 }, (_, n) => [`k${n}`, ''])) }, /has 65 pairs/],
    ['a key with a dot', { meta: new Map([['a.b', '']]) }, /meta key "a.b" is not/],
    ['a key of 129', { meta: new Map([[long(129), '']]) }, /1 to 128/],
    ['a key of Consul’s', { meta: new Map([['consul-x', '']]) }, /begins with consul-/],
    ['a value of 513', { meta: new Map([['k', long(513)]]) }, /513 characters/],
    ['weight 0', { weights: { passing: 0, warning: 0 } }, /weights.passing 0/],
    ['weight 65536', { weights: { passing: 1, warning: 65_536 } }, /weights.warning 65536/],
    ['an empty tag', { tags: ['a', ''] }, /tags hold an empty one/],
    [
      'two checks of one id',
      {
        checks: [
          { ...ttl, id: 'a' },
          { ...ttl, id: 'a' },
        ],
      },
      /checks share an id/,
    ],
  ])('is an error that names it: %s', (_what, different, message) => {
    expect(() => desiredService(serviceSettings(different), '10.0.0.7')).toThrow(
      expect.objectContaining({ code: 'invalid_registration', message: expect.stringMatching(message) }),
    );
    expect(() => desiredService(serviceSettings(different), '10.0.0.7')).toThrow(CodedError);
  });
});

describe('a setting that works but is hardly meant', () => {
  const warningsOf = (different: Partial<ServiceSettings>) =>
    desiredService(serviceSettings(different), '10.0.0.7').warnings;

  it.each<[string, Partial<ServiceSettings>, RegExp]>([
    ['a name with _', { name: 'my_app' }, /cannot be found by DNS/],
    ['a name of 64', { name: 'x'.repeat(64) }, /cannot be found by DNS/],
    ['no check', { checks: [] }, /no health check/],
    ['removal after 10 s', { checks: [{ ...DEFAULT_CHECK, deregisterAfterMs: 10_000 }] }, /raises it to 60000 ms/],
    [
      'a check every 100 ms',
      { checks: [{ ...DEFAULT_CHECK, intervalMs: 100 } as CheckSettings] },
      /raises it to 1000 ms/,
    ],
  ])('is warned about: %s', (_what, different, message) => {
    expect(warningsOf(different)).toEqual([expect.stringMatching(message)]);
  });

  it('is not the default', () => {
    expect(warningsOf({})).toEqual([]);
  });
});
