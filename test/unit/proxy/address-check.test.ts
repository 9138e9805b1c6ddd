import { describe, expect, test } from 'vitest';
import { addressRefusal, plainAddress } from '../../../src/proxy/address-check.ts';

const own: ReadonlySet<string> = new Set(['127.0.0.1:7700', '::1:7700']);

describe('an address from the registry', () => {
  test.each(['127.0.0.1', '10.0.0.1', '192.168.1.1', '100.64.0.1', '8.8.8.8', '::1', '2001:db8::1', 'fd00::1'])(
    'may be dialled: %s',
    (ip) => {
      expect(addressRefusal(ip, 8080, own)).toBeUndefined();
    },
  );

  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['169.254.169.254', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['0:0:0:0:0:0:0:0', 'unspecified'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['FEBF::1', 'link-local'],
    ['ff02::1', 'multicast'],
    ['fd00:0ec2:0::254', 'the metadata service'],
    ['::ffff:169.254.1.1', 'link-local'],
    ['0:0:0:0:0:FFFF:a9fe:a9fe', 'link-local'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['::169.254.169.254', 'link-local'],
  ])('is refused: %s is %s', (ip, what) => {
    expect(addressRefusal(ip, 80, own)).toBe(`${ip} is ${what}`);
  });

  test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:0:0:1'])(
    'is refused where it is our own listener: %s',
    (ip) => {
      expect(addressRefusal(ip, 7700, own)).toMatch(/is a listener of this proxy$/);
      expect(addressRefusal(ip, 7702, own)).toBeUndefined();
    },
  );

  test.each([0, -1, 65_536, 80.5, Number.NaN])('is refused with port %s', (port) => {
    expect(addressRefusal('10.0.0.1', port, own)).toMatch(/is no port/);
  });

  test('has one spelling', () => {
    expect(['::ffff:1.2.3.4', '::FFFF:102:304', '2001:DB8:0:0::1', '1.2.3.4', 'x'].map(plainAddress)).toEqual([
      '1.2.3.4',
      '1.2.3.4',
      '2001:db8::1',
      '1.2.3.4',
      undefined,
    ]);
  });
});
