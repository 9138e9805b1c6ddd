import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isInRange, isIp, parseCidr } from '../../../src/registration/ip-range.ts';

const textLikeAnIp = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
  fc.constantFrom('::', '::1', '1::', '::ffff:1.2.3.4', '01.2.3.4', '1.2.3', '256.1.1.1', '1:2:3:4:5:6:7::', ':1', ''),
);

it('knows an IP address when Node does', () => {
  fc.assert(
    fc.property(textLikeAnIp, (text) => {
      expect(isIp(text)).toBe(isIP(text) !== 0);
    }),
    { numRuns: 500 },
  );
});

it('finds an address in a range when Node does', () => {
  const v4 = fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32), fc.constant('ipv4' as const));
  const v6 = fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128), fc.constant('ipv6' as const));
  fc.assert(
    fc.property(fc.oneof(v4, v6), fc.boolean(), ([address, other, prefix, family], isNear) => {
      const network = isNear ? address : other;
      const list = new BlockList();
      list.addSubnet(network, prefix, family);
      const range = parseCidr(`${network}/${prefix}`);
      expect(range !== undefined && isInRange(address, range)).toBe(list.check(address, family));
    }),
  );
});
