import { describe, expect, it } from 'vitest';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { configuredUpstream } from '../../../src/app/configured-upstream.ts';
import { loadConfig } from '../../../src/app/load-config.ts';

const configOf = (text: string) => loadConfig([parseConfigText(text, 'pilotfish.yaml')]).config;

describe('the settings of an upstream', () => {
  it('are the defaults for a service that is not listed', () => {
    expect(configuredUpstream(configOf(''), 'orders')).toMatchObject({
      name: 'orders',
      query: { service: 'orders' },
      policy: 'round-robin',
      timeouts: { connectMs: 1000, firstByteMs: 15_000, idleMs: 300_000, totalMs: 0 },
      retry: { attempts: 2, budget: 0.2, bufferBytes: 65_536 },
      outlier: { consecutiveFailures: 5, ejectForMs: 30_000, maxEjected: 0.5 },
      panicBelow: 0.5,
      protocol: 'http1',
      tls: undefined,
    });
  });

  it('put what the upstream says before the defaults, setting by setting', () => {
    const config = configOf(`
defaults: { timeouts: { connect: 2s }, retry: { attempts: 3 } }
upstreams:
  pay: { service: payments, tag: v2, datacenter: dc1, failover: [dc2], retry: { budget: 50% }, hashOn: "cookie:sid", policy: ring-hash }
`);
    expect(configuredUpstream(config, 'pay')).toMatchObject({
      query: { service: 'payments', tag: 'v2', datacenter: 'dc1' },
      failover: ['dc2'],
      timeouts: { connectMs: 2000, firstByteMs: 15_000 },
      retry: { attempts: 3, budget: 0.5 },
      hashOn: { kind: 'cookie', name: 'sid' },
    });
  });

  it('take the whole name of a cookie, which may hold a colon', () => {
    const config = configOf('upstreams: { a: { policy: ring-hash, hashOn: "cookie:app:sid" } }');
    expect(configuredUpstream(config, 'a').hashOn).toEqual({ kind: 'cookie', name: 'app:sid' });
  });

  it('pass a prepared query on, under the upstream’s own name', () => {
    const config = configOf('upstreams: { near: { preparedQuery: web-near } }');
    expect(configuredUpstream(config, 'near').query).toEqual({ service: 'near', preparedQuery: 'web-near' });
  });

  it('never come from the keys of Object', () => {
    expect(configuredUpstream(configOf(''), 'constructor').query).toEqual({ service: 'constructor' });
  });

  it('name the PEM file that cannot be used', () => {
    const config = configOf('upstreams: { a: { tls: { ca: /nonexistent.pem } } }');
    expect(() => configuredUpstream(config, 'a')).toThrow(/^\/nonexistent\.pem: upstreams\.a\.tls\.ca: cannot be read/);
  });
});
