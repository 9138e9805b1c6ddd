import { describe, expect, it } from 'vitest';
import { type AddressContext, type LocalAddress, resolveAddress } from '../../../src/registration/outbound-address.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';

const local = (name: string, address: string): LocalAddress => ({
  interface: name,
  address,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
  internal: name === 'lo',
});
const interfaces = () => [
  local('lo', '127.0.0.1'),
  local('eth0', 'fe80::1'),
  local('eth0', 'fd00::7'),
  local('eth0', '10.0.0.7'),
  local('eth1', 'fe80::2'),
  local('eth1', 'fd00:1::7'),
  local('tun0', 'fe80::3'),
];
const resolve = (setting: string, context: Partial<AddressContext> = {}) =>
  resolveAddress(
    setting,
    {
      consulHost: '127.0.0.1',
      agentAddress: async () => '10.1.1.1',
      interfaces,
      sourceTowards: async (host) => (host === '192.0.2.1' ? '10.0.0.7' : '10.2.2.2'),
      ...context,
    },
    new AbortController().signal,
  );
const coded = (retryable: boolean) => new CodedError('no', { code: 'no', side: 'internal', retryable });

describe('an address that is set', () => {
  it.each([
    ['10.9.9.9', '10.9.9.9'],
    ['fd00::9', 'fd00::9'],
    ['app.internal', 'app.internal'],
    ['eth0', '10.0.0.7'],
    ['eth1', 'fd00:1::7'],
    ['10.0.0.0/8', '10.0.0.7'],
    ['fd00:1::/64', 'fd00:1::7'],
  ])('%s is %s', async (setting, address) => {
    expect(await resolve(setting)).toBe(address);
  });

  it.each(['172.16.0.0/12', '10.0.0.0/33', 'a/b', 'tun0'])(
    '%s is an error that names what there is',
    async (setting) => {
      await expect(resolve(setting)).rejects.toMatchObject({
        code: 'no_service_address',
        message: expect.stringContaining('eth0 10.0.0.7'),
      });
    },
  );
});

describe('an address found by itself', () => {
  it('is the one from which Consul is reached', async () => {
    expect(await resolve('auto', { consulHost: 'consul.internal' })).toBe('10.2.2.2');
  });

  it.each(['127.0.0.1', '::1', 'localhost', undefined])(
    'is what the agent tells others when Consul is on this machine (%s)',
    async (consulHost) => {
      expect(await resolve('auto', { consulHost })).toBe('10.1.1.1');
    },
  );

  it('is asked for again later while that agent is down: another one would be registered after a restart', async () => {
    await expect(resolve('auto', { agentAddress: () => Promise.reject(coded(true)) })).rejects.toThrow('no');
  });

  it.each<[string, () => Promise<string>]>([
    ['may not be asked', () => Promise.reject(coded(false))],
    ['tells none', async () => ''],
    ['tells the unspecified one', async () => '0.0.0.0'],
  ])('is that of the default route when that agent %s', async (_why, agentAddress) => {
    expect(await resolve('auto', { agentAddress })).toBe('10.0.0.7');
  });

  it('is never the unspecified one, where the routing table has no way to Consul', async () => {
    // To the broadcast address an ordinary socket has no way on any machine.
    const context = { consulHost: '255.255.255.255', agentAddress: async () => '10.1.1.1', interfaces };
    expect(await resolveAddress('auto', context, new AbortController().signal)).toBe('10.1.1.1');
  });

  it('is loopback on a machine without a network', async () => {
    expect(await resolve('auto', { agentAddress: async () => '', sourceTowards: async () => undefined })).toBe(
      '127.0.0.1',
    );
  });

  it('comes from this machine’s routing table', async () => {
    const signal = new AbortController().signal;
    const address = await resolveAddress('auto', { consulHost: undefined, agentAddress: async () => '' }, signal);
    expect(address).toMatch(/^[0-9a-f.:]+$/);
  });
});
