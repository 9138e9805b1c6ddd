import { describe, expect, it } from 'vitest';
import { makeCatalog } from '../../../src/app/catalog.ts';
import { parseConfigText } from '../../../src/app/config-file.ts';
import { configuredUpstream } from '../../../src/app/configured-upstream.ts';
import { loadConfig } from '../../../src/app/load-config.ts';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { IteratedSource } from '../../../src/discovery/iterated-source.ts';
import { PreparedQuerySource } from '../../../src/discovery/prepared-query-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { idsOf } from '../../support/discovery-endpoint.ts';
import { consume, until } from '../../support/discovery-source.ts';
import { registryKinds } from '../../support/registries.ts';

describe.each(registryKinds)('a prepared query on $name', ({ isHere, start }) => {
  it.skipIf(!isHere)('over a tag is followed when instances come and go, by name and by id', async () => {
    await using registry = await start();
    await using client = new ConsulClient({ address: registry.address });
    const register = (id: string, tags: readonly string[]) =>
      client.agent.register({ name: 'web', id, address: '10.0.0.1', port: 8000, tags });
    await register('web-1', ['blue']);
    await register('web-2', ['green']);
    const id = await client.query.create({ Name: 'web-blue', Service: { Service: 'web', Tags: ['blue'] } });
    const source = new IteratedSource(new PreparedQuerySource({ consul: client, pollEveryMs: 20 }), systemClock);

    const watches = ['web-blue', id].map((preparedQuery) => consume(source, { service: 'near', preparedQuery }));
    const followed = (what: string, ...ids: readonly string[]) =>
      until(
        () => watches.every(({ latest }) => latest?.endpoints.map(instanceOf).toSorted().join() === ids.join()),
        what,
      );
    await followed('the blue instance', 'web-1');
    await register('web-3', ['blue']);
    await followed('both blue instances', 'web-1', 'web-3');
    await client.agent.deregister('web-1');
    await followed('the one that stayed', 'web-3');
    expect(watches.flatMap(({ failures }) => failures)).toEqual([]);
    await Promise.all(watches.map((seen) => seen.stop()));
  });

  it.skipIf(!isHere)('that does not exist is a failure, and is found once it is created', async () => {
    await using registry = await start();
    await using client = new ConsulClient({ address: registry.address });
    await client.agent.register({ name: 'web', id: 'web-1', address: '10.0.0.1', port: 8000 });
    const source = new IteratedSource(new PreparedQuerySource({ consul: client, pollEveryMs: 20 }), systemClock);
    const seen = consume(source, { service: 'later', preparedQuery: 'later' });
    await until(() => seen.failures.length > 0, 'a failure told');
    expect(seen.sets).toEqual([]);
    expect(seen.failures[0]?.message).toContain('later');
    await client.query.create({ Name: 'later', Service: { Service: 'web' } });
    await until(() => seen.latest !== undefined, 'the instances of the new query');
    expect(idsOf(seen.latest?.endpoints ?? [])).toHaveLength(1);
    await seen.stop();
  });
});

describe.each(registryKinds)('the sidecar’s catalog on $name', ({ isHere, start }) => {
  it.skipIf(!isHere)('runs the query of an upstream that names one', async () => {
    await using registry = await start();
    await using consul = new ConsulClient({ address: registry.address });
    await consul.agent.register({ name: 'web', id: 'web-1', address: '10.0.0.1', port: 8000 });
    await consul.query.create({ Name: 'found', Service: { Service: 'web' } });
    const { config } = loadConfig([parseConfigText('upstreams: { near: { preparedQuery: found } }', 'pilotfish.yaml')]);
    const { source } = makeCatalog({ config, consul, onEvent: () => undefined, onReach: () => undefined });
    const seen = consume(source, configuredUpstream(config, 'near').query);
    await until(() => seen.latest !== undefined, 'an answer');
    expect(seen.latest?.endpoints.map(instanceOf)).toEqual(['web-1']);
    await seen.stop();
  });
});

const instanceOf = ({ id }: { readonly id: string }): string => id.slice(id.indexOf('/') + 1);
