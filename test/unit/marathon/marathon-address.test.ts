import { describe, expect, it } from 'vitest';
import { formatMarathonAddress, parseMarathonAddress } from '../../../src/marathon/marathon-address.ts';

describe('an address of Marathon', () => {
  it.each([
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['marathon.mesos', 'http://marathon.mesos:8080'],
    ['marathon.mesos:80', 'http://marathon.mesos'],
    ['10.0.0.1:9090', 'http://10.0.0.1:9090'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['https://m', 'https://m'],
    ['http://m', 'http://m'],
    ['https://dcos.example/service/marathon/', 'https://dcos.example/service/marathon'],
    ['http://m:8080/v2', 'http://m:8080'],
    ['http://m:8080/marathon/v2/', 'http://m:8080/marathon'],
  ])('%s is %s', (text, address) => {
    expect(formatMarathonAddress(parseMarathonAddress(text))).toBe(address);
  });

  it.each(['', ' ', 'ftp://m', 'unix:///x', 'http://', 'a b'])('is not "%s"', (text) => {
    expect(() => parseMarathonAddress(text)).toThrow(/is not an address of Marathon: http:\/\/host:8080/);
  });

  it('has no query', () => {
    expect(() => parseMarathonAddress('http://m/?a=1')).toThrow('has no query');
  });

  it('with a password is refused without showing it', () => {
    expect(() => parseMarathonAddress('http://user:secret@m')).toThrow(/^(?!.*secret).*--marathon-auth$/);
  });
});
