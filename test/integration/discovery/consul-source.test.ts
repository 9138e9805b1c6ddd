import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { ConsulSource } from '../../../src/discovery/consul-source.ts';
import { idsOf } from '../../support/discovery-endpoint.ts';
import { consume, until } from '../../support/discovery-source.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

describe.skipIf(consulBin === undefined)('watching a service on a real Consul agent', () => {
  let consul: RealConsul;
  let client: ConsulClient;
  let source: ConsulSource;

  beforeAll(async () => {
    consul = await RealConsul.start({ persistent: true });
    client = new ConsulClient({ address: consul.address });
    source = new ConsulSource({ consul: client });
  });

  afterAll(async () => {
    await client?.close();
    await consul?.[Symbol.asyncDispose]();
  });

  const register = (name: string, n: number, tags: readonly string[] = []) =>
    client.agent.register({ name, id: `${name}-${n}`, address: `10.0.0.${n}`, port: 8000 + n, tags });

  it('yields every change of the set, and the newest view after each', async () => {
    const seen = consume(source, { service: 'web' });
    await until(() => seen.latest?.endpoints.length === 0, 'an empty first view');
    await register('web', 1);
    await register('web', 2);
    await until(() => seen.latest?.endpoints.length === 2, 'two instances');
    expect(seen.latest).toMatchObject({
      origin: 'consul',
      endpoints: expect.arrayContaining([
        expect.objectContaining({
          id: 'node-1/web-1',
          host: '10.0.0.1',
          port: 8001,
          health: 'passing',
          datacenter: 'dc1',
        }),
      ]),
    });
    await client.agent.maintainService('web-1', true, { reason: 'new disk' });
    await until(() => seen.latest?.endpoints.some(({ health }) => health === 'maintenance') === true, 'maintenance');
    await client.agent.deregister('web-1');
    await until(() => seen.latest?.endpoints.length === 1, 'one instance');
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/web-2']);
    await seen.stop();
  });

  it('filters a tag whatever its case', async () => {
    const seen = consume(source, { service: 'tagged', tag: 'V2' });
    await register('tagged', 1, ['v1']);
    await register('tagged', 2, ['v2']);
    await until(() => seen.latest?.endpoints.length === 1, 'the tagged instance');
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/tagged-2']);
    await seen.stop();
  });

  it('keeps its view while the agent is gone, and asks again soon after its return', async () => {
    await register('kept', 1);
    const seen = consume(source, { service: 'kept' });
    await until(() => seen.latest?.endpoints.length === 1, 'the instance');
    const views = seen.sets.length;
    await consul.kill();
    await until(() => seen.failures.length >= 3, 'failures told');
    expect(seen.sets.length).toBe(views);
    const confirmed = seen.confirmed;
    await consul.resume();
    await until(() => seen.confirmed > confirmed, 'an answer soon after the return', 10_000);
    await register('kept', 2);
    await until(() => seen.latest?.endpoints.length === 2, 'both instances');
    await seen.stop();
  });
});
