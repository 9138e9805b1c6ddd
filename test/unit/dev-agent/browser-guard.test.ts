import { describe, expect, it } from 'vitest';
import { originFault } from '../../../src/dev-agent/http/browser-guard.ts';

const request = (host: string | undefined, origin?: string, fetchSite?: string) =>
  originFault({ host, origin, fetchSite });

describe('a registry on loopback', () => {
  it.each([
    'localhost:8500',
    '127.0.0.1:8500',
    '[::1]:8500',
    'consul.localhost',
    'host.docker.internal:8500',
    undefined,
  ])('serves programs that call it %s', (host) => {
    expect(request(host)).toBeUndefined();
  });

  it('refuses a name that a stranger may point here (DNS rebinding)', () => {
    expect(request('evil.example:8500')).toContain('is no name of this machine');
    expect(request('localhost.evil.example')).toContain('is no name of this machine');
    expect(request('a b')).toContain('is no name of this machine');
  });

  it('refuses pages of other sites, and serves local ones', () => {
    expect(request('localhost:8500', 'https://evil.example')).toContain('another site');
    expect(request('localhost:8500', 'null')).toContain('another site');
    expect(request('localhost:8500', undefined, 'cross-site')).toContain('another site');
    expect(request('localhost:8500', 'http://localhost:7701', 'same-site')).toBeUndefined();
  });
});
