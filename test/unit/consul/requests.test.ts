import { describe, expect, it } from 'vitest';
import { isConsulError } from '../../../src/consul/consul-error.ts';
import { writeJson } from '../../../src/consul/decode/parse-json.ts';
import { keyPath } from '../../../src/consul/kv-key.ts';
import { serviceBody } from '../../../src/consul/service-definition.ts';
import { reply, scriptedClient } from '../../support/consul-transport.ts';

function sent(body: unknown): unknown {
  return JSON.parse(Buffer.from(writeJson(body)).toString());
}

describe('a registration', () => {
  it('sends only what was set: older agents refuse what they do not know', () => {
    expect(sent(serviceBody({ name: 'web' }))).toEqual({ Name: 'web' });
  });

  it('sends everything that was set, as Consul names it', () => {
    const body = sent(
      serviceBody({
        name: 'web',
        id: 'web-1',
        tags: ['a'],
        address: '10.0.0.1',
        port: 80,
        meta: { v: '1' },
        weights: { passing: 10, warning: 1 },
        taggedAddresses: new Map([['wan', { address: '1.2.3.4', port: 81 }]]),
        enableTagOverride: true,
        checks: [
          {
            id: 'c1',
            name: 'http',
            probe: {
              kind: 'http',
              url: 'http://10.0.0.1/health',
              headers: new Map([['Host', ['x']]]),
              intervalMs: 10_000,
              timeoutMs: 2_500,
            },
            deregisterCriticalServiceAfterMs: 60_000,
          },
          { probe: { kind: 'ttl', ttlMs: 15_000 }, status: 'passing' },
          { probe: { kind: 'tcp', address: 'a:1', intervalMs: 1_000 } },
          { probe: { kind: 'grpc', address: 'a:1/svc', useTls: true, intervalMs: 1_000 } },
          { probe: { kind: 'alias', service: 'db' } },
          { probe: { kind: 'script', args: ['a', 'b'], intervalMs: 1_500 } },
          { probe: { kind: 'docker', container: 'c', args: ['a'], intervalMs: 1_000 } },
          { probe: { kind: 'udp', address: 'a:1', intervalMs: 1_000 } },
          { probe: { kind: 'h2ping', address: 'a:1', useTls: false, intervalMs: 1_000 } },
        ],
        extra: { Locality: { Zone: 'a' } },
      }),
    );
    expect(body).toEqual({
      ID: 'web-1',
      Name: 'web',
      Tags: ['a'],
      Address: '10.0.0.1',
      Port: 80,
      Meta: { v: '1' },
      TaggedAddresses: { wan: { Address: '1.2.3.4', Port: 81 } },
      Weights: { Passing: 10, Warning: 1 },
      EnableTagOverride: true,
      Locality: { Zone: 'a' },
      Checks: [
        {
          CheckID: 'c1',
          Name: 'http',
          DeregisterCriticalServiceAfter: '60s',
          HTTP: 'http://10.0.0.1/health',
          Header: { Host: ['x'] },
          Interval: '10s',
          Timeout: '2500ms',
        },
        { Status: 'passing', TTL: '15s' },
        { TCP: 'a:1', Interval: '1s' },
        { GRPC: 'a:1/svc', GRPCUseTLS: true, Interval: '1s' },
        { AliasService: 'db' },
        { Args: ['a', 'b'], Interval: '1500ms' },
        { DockerContainerID: 'c', Args: ['a'], Interval: '1s' },
        { UDP: 'a:1', Interval: '1s' },
        { H2PING: 'a:1', H2PingUseTLS: false, Interval: '1s' },
      ],
    });
  });

  it('calls a check’s id CheckID inside a service, and ID on its own', async () => {
    const { client, transport } = scriptedClient(() => reply(200));
    const check = { id: 'c', name: 'C', probe: { kind: 'ttl', ttlMs: 1_000 } } as const;
    await client.agent.register({ name: 'web', checks: [check] }, { replaceExistingChecks: true });
    await client.agent.checks.register({ ...check, serviceId: 'web' });
    const bodies = transport.requests.map((request) => JSON.parse(String(Buffer.from(request.body ?? []))));
    expect(bodies[0].Checks[0].CheckID).toBe('c');
    expect(bodies[1]).toEqual({ ID: 'c', ServiceID: 'web', Name: 'C', TTL: '1s' });
    expect(transport.requests[0]?.query).toBe('replace-existing-checks=true');
    expect(transport.requests.map((request) => request.method)).toEqual(['PUT', 'PUT']);
  });

  it('that is not there any more counts as gone, however Consul says so', async () => {
    for (const gone of [reply(500, 'Unknown service "x"'), reply(404, 'Unknown service ID "x"')]) {
      expect(await scriptedClient(() => gone).client.agent.deregister('x')).toBe(false);
    }
    expect(await scriptedClient(() => reply(200)).client.agent.deregister('x')).toBe(true);
    const down = scriptedClient(() => reply(500, 'disk full'));
    await expect(down.client.agent.deregister('x')).rejects.toThrow('disk full');
  });

  it('a heartbeat to a check that is gone is NotFound, on older and later versions', async () => {
    for (const gone of [reply(500, 'CheckID "x" does not have associated TTL'), reply(404, 'Unknown check ID "x"')]) {
      const pass = scriptedClient(() => gone).client.agent.checks.pass('x');
      await expect(pass).rejects.toSatisfy((error) => isConsulError(error, 'NotFound'));
    }
  });
});

describe('a key', () => {
  it.each([
    ['a/b', 'a/b'],
    ['a/b/', 'a/b/'],
    ['ü b', '%C3%BC%20b'],
    ['a?b#c%d', 'a%3Fb%23c%25d'],
    ['a+b', 'a%2Bb'],
    ['...', '...'],
    ['', ''],
  ])('%j goes out as %j', (key, path) => {
    expect(keyPath(key, 'GET')).toBe(path);
  });

  it.each(['/a', 'a//b', 'a//', '//', '.', '..', 'a/./b', 'a/..', '../a', '\ud800'])(
    '%j is refused: Consul would take it for another one',
    async (key) => {
      expect(() => keyPath(key, 'GET')).toThrow(
        /key .* (starts with a slash|has an empty segment|has a segment|is not valid)/,
      );
      const { client, transport } = scriptedClient(() => reply(200, true));
      const refused = (error: unknown) => isConsulError(error, 'BadRequest');
      await expect(client.kv.get(key)).rejects.toSatisfy(refused);
      await expect(client.kv.put(key, '')).rejects.toSatisfy(refused);
      await expect(client.kv.delete(key)).rejects.toSatisfy(refused);
      await expect(client.kv.list(key)).rejects.toSatisfy(refused);
      await expect(client.txn.kv([{ verb: 'get', key }])).rejects.toSatisfy(refused);
      expect(transport.requests).toEqual([]);
    },
  );

  it('that is empty is refused where one key is meant, and where everything would be deleted', async () => {
    const { client, transport } = scriptedClient(() => reply(200, []));
    const refused = (error: unknown) => isConsulError(error, 'BadRequest');
    await expect(client.kv.get('')).rejects.toSatisfy(refused);
    await expect(client.kv.put('', '')).rejects.toSatisfy(refused);
    await expect(client.kv.deletePrefix('')).rejects.toSatisfy(refused);
    await expect(client.txn.kv([{ verb: 'delete', key: '' }])).rejects.toSatisfy(refused);
    expect(transport.requests).toEqual([]);
    expect((await client.kv.list('')).value).toEqual([]);
  });

  it('is stored with flags, conditions and bytes as they are', async () => {
    const { client, transport } = scriptedClient(() => reply(200, true));
    await client.kv.put('a', Buffer.from([0, 255]), { flags: 2n ** 64n - 1n, cas: 0 });
    await client.kv.put('a', 'ü', { acquire: 's' });
    await client.kv.put('a', '', { release: 's' });
    expect(transport.requests.map((request) => request.query)).toEqual([
      'flags=18446744073709551615&cas=0',
      'acquire=s',
      'release=s',
    ]);
    expect(transport.requests.map((request) => Buffer.from(request.body ?? []).toString('hex'))).toEqual([
      '00ff',
      'c3bc',
      '',
    ]);
  });
});
