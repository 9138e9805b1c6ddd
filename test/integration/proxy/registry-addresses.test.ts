import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RawClient } from '../../support/raw-client.ts';
import { expectOwnAnswer } from '../../support/raw-expectations.ts';
import { type RegistryEntry, type RegistryProxy, startRegistryProxy } from '../../support/raw-registry.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';

/** What a registry must not be able to make the proxy connect to; the port is that of a live origin where it can be. */
const forbidden: readonly (readonly [string, string, (port: number) => RegistryEntry])[] = [
  ['metadata', 'link-local metadata', () => ({ host: '169.254.169.254', port: 80 })],
  ['link-local', 'another link-local address', () => ({ host: '169.254.1.1', port: 80 })],
  ['metadata-mapped', 'metadata as an IPv4-mapped IPv6 address', () => ({ host: '::ffff:169.254.169.254', port: 80 })],
  ['metadata-hex', 'metadata as a mapped address in hex', () => ({ host: '::ffff:a9fe:a9fe', port: 80 })],
  [
    'metadata-long',
    'metadata as a mapped address at full length',
    () => ({ host: '0:0:0:0:0:ffff:a9fe:a9fe', port: 80 }),
  ],
  ['metadata-nat64', 'metadata behind NAT64', () => ({ host: '64:ff9b::a9fe:a9fe', port: 80 })],
  ['metadata-number', 'metadata as one number', () => ({ host: '2852039166', port: 80 })],
  ['metadata-octal', 'metadata in octal', () => ({ host: '0251.0376.0251.0376', port: 80 })],
  ['metadata-hex-number', 'metadata as one hex number', () => ({ host: '0xa9fea9fe', port: 80 })],
  ['metadata-v6', 'metadata over IPv6', () => ({ host: 'fd00:ec2::254', port: 80 })],
  ['metadata-v6-long', 'metadata over IPv6 at full length', () => ({ host: 'fd00:0ec2:0:0:0:0:0:254', port: 80 })],
  ['link-local-v6', 'link-local over IPv6', () => ({ host: 'fe80::1', port: 80 })],
  ['any', 'the unspecified address', (port) => ({ host: '0.0.0.0', port })],
  ['any-short', 'the unspecified address as 0', (port) => ({ host: '0', port })],
  ['any-v6', 'the unspecified address over IPv6', (port) => ({ host: '::', port })],
  ['any-mapped', 'the unspecified address, mapped', (port) => ({ host: '::ffff:0.0.0.0', port })],
  ['any-mapped-hex', 'the unspecified address, mapped, in hex', (port) => ({ host: '::ffff:0:0', port })],
  ['port-zero', 'port 0', () => ({ host: '127.0.0.1', port: 0 })],
  ['port-negative', 'a negative port', (port) => ({ host: '127.0.0.1', port: -port })],
  ['port-large', 'a port above 65535', (port) => ({ host: '127.0.0.1', port: 65_536 + port })],
  ['port-broken', 'a broken port', (port) => ({ host: '127.0.0.1', port: port + 0.5 })],
  ['port-nan', 'a port that is no number', () => ({ host: '127.0.0.1', port: Number.NaN })],
  ['blank', 'a host name with a blank', (port) => ({ host: 'local host', port })],
  ['path', 'a host name with a path', (port) => ({ host: 'localhost/x', port })],
  ['user', 'a host name with user information', (port) => ({ host: 'u@localhost', port })],
  ['crlf', 'a host name with CRLF', (port) => ({ host: 'localhost\r\nX-A: b', port })],
  ['nul', 'a host name with NUL', (port) => ({ host: '127.0.0.1\0x', port })],
  ['empty', 'an empty host', (port) => ({ host: '', port })],
  ['port-in-host', 'a host with a port', (port) => ({ host: `127.0.0.1:${port}`, port })],
  ['socket', 'a path of a unix socket', (port) => ({ host: '/var/run/docker.sock', port })],
  ['multicast', 'multicast', () => ({ host: '224.0.0.1', port: 80 })],
  ['broadcast', 'broadcast', () => ({ host: '255.255.255.255', port: 80 })],
];

let origin: RecordingOrigin;
let registry: RegistryProxy;
const self: RegistryEntry[] = [];
const selves = ['127.0.0.1', 'localhost', '::ffff:127.0.0.1', '::ffff:7f00:1', '2130706433', '127.1'];

beforeAll(async () => {
  origin = await RecordingOrigin.start();
  registry = await startRegistryProxy({
    ...Object.fromEntries(forbidden.map(([name, , entry]) => [name, [entry(origin.port)]])),
    ill: [{ host: '127.0.0.1', port: origin.port, health: 'critical' }],
    kept: [{ host: '127.0.0.1', port: origin.port, health: 'maintenance' }],
    good: [{ host: 'localhost', port: origin.port }],
  });
});
afterEach(() => origin.forget());
afterAll(async () => {
  await registry.close();
  await origin[Symbol.asyncDispose]();
});

const NO_NAMES = new Set(['blank', 'path', 'user', 'crlf', 'nul', 'empty', 'port-in-host', 'socket']);

describe('an address that no registry may name is not connected to', () => {
  test.each(forbidden)('%s: %s', async (name) => {
    await using client = await RawClient.connect(registry);
    const answer = await client.ask(`GET /${name}/x HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect([502, 503], answer.body.toString()).toContain(answer.status);
    // What is no host name cannot be resolved, so there may be no address to refuse.
    const errors = NO_NAMES.has(name)
      ? 'destination_ip_prohibited|dns_error|connection_refused'
      : 'destination_ip_prohibited';
    expect(answer.head.value('proxy-status')).toMatch(new RegExp(`^pilotfish; ?error=(${errors})(;|$)`));
    expect(answer.head.value('content-type')).toMatch(/^application\/problem\+json/);
    expect(origin.connections).toHaveLength(0);
    expect((await client.ask('GET /good/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
  });

  test('a host name is fine: what it resolves to is checked', async () => {
    await using client = await RawClient.connect(registry);
    expect((await client.ask('GET /good/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
  });
});

test.each(selves)('the own listener, named by the registry as %s, is not connected to', async (host) => {
  self.splice(0, 1, { host, port: 0 });
  const own = await startRegistryProxy({ self });
  try {
    self.splice(0, 1, { host, port: own.port });
    await using client = await RawClient.connect(own);
    const answer = await client.ask('GET /self/self/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer.status).toBe(502);
    expect(answer.head.value('proxy-status')).toMatch(/^pilotfish; ?error=destination_ip_prohibited/);
  } finally {
    await own.close();
  }
});

test.each(['ill', 'kept'])('instances that may not be used (%s): 503 with Retry-After, not 404', async (name) => {
  await using client = await RawClient.connect(registry);
  const answer = await client.ask(`GET /${name}/x HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  expectOwnAnswer(answer, 503, 'destination_unavailable');
  expect(answer.head.value('retry-after')).toMatch(/^\d+$/);
  expect(origin.connections).toHaveLength(0);
});
