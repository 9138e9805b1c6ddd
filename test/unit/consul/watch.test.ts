import { describe, expect, it } from 'vitest';
import type { ConsulClientOptions } from '../../../src/consul/consul-client.ts';
import { indexed, reply, scriptedClient } from '../../support/consul-transport.ts';
import { settle } from '../../support/fake-clock.ts';

/** A client whose first reads are answered and whose blocking ones hang. */
function quiet(options: ConsulClientOptions = {}) {
  return scriptedClient(
    (request) => (request.lane === 'poll' ? 'hang' : indexed(4, request.path.endsWith('/services') ? {} : [])),
    options,
  );
}

async function queryOf(
  options: ConsulClientOptions,
  watch: (client: ReturnType<typeof quiet>['client']) => AsyncGenerator,
) {
  const { client, transport } = quiet(options);
  const running = watch(client);
  await running.next();
  await running.return(undefined);
  return transport.requests[0]?.query;
}

describe('a watch', () => {
  it('of health or the catalog goes through the agent’s cache, unless a consistency is set', async () => {
    expect(await queryOf({}, (client) => client.health.watchService('web'))).toBe('cached=');
    expect(await queryOf({}, (client) => client.catalog.watchServices())).toBe('cached=');
    expect(await queryOf({}, (client) => client.catalog.watchService('web'))).toBe('cached=');
    expect(await queryOf({ consistency: 'stale' }, (client) => client.health.watchService('web'))).toBe('stale=');
    expect(await queryOf({}, (client) => client.health.watchService('web', { consistency: 'default' }))).toBe('');
    expect(await queryOf({ consistency: 'default' }, (client) => client.health.watchService('web'))).toBe('');
  });

  it('of keys does not: the cache does not know them', async () => {
    expect(await queryOf({}, (client) => client.kv.watchPrefix('a/'))).toBe('recurse=');
  });

  it('carries its options in every read', async () => {
    const { client, transport } = quiet({ waitMs: 20_000 });
    const watch = client.health.watchService('web', { datacenter: 'dc2', tags: ['a'], near: '_agent', filter: 'f' });
    await watch.next();
    await settle();
    await watch.return(undefined);
    expect(transport.requests.map(({ query }) => query)).toEqual([
      'tag=a&dc=dc2&filter=f&near=_agent&cached=',
      'tag=a&dc=dc2&filter=f&near=_agent&index=4&wait=20000ms&cached=',
    ]);
  });

  it('that ends keeps its connection taken while the agent counts it, but not a cached one', async () => {
    for (const [consistency, takenForMs] of [
      ['cached', 0],
      ['default', 55_000],
    ] as const) {
      const { client, transport, clock } = quiet({ pollConnections: 1 });
      const polls = () => transport.requests.filter(({ lane }) => lane === 'poll').length;
      const first = client.health.watchService('a', { consistency });
      await first.next();
      await settle();
      await first.return(undefined);
      const second = client.kv.get('b', { index: 4, waitMs: 1_000 }).catch(() => {});
      await clock.advance(14_000);
      expect(polls(), consistency).toBe(takenForMs > 0 ? 1 : 2);
      // No connection in time: it reads without blocking instead.
      await clock.advance(1_000);
      if (takenForMs > 0) await second;
      await clock.advance(takenForMs);
      void client.kv.get('c', { index: 4 }).catch(() => {});
      await settle();
      if (takenForMs > 0) expect(polls()).toBe(2);
      await client.close();
    }
  });

  it('of instances tells that the status of a check has changed, and not that its output has', async () => {
    const node = { Node: 'n', Address: '10.0.0.1' };
    const check = (Status: string, Output: string) => [
      { Node: node, Service: { ID: 'w', Service: 'web' }, Checks: [{ CheckID: 'c', Status, Output }] },
    ];
    const answers = [check('passing', 'a'), check('passing', 'b'), check('critical', 'b')];
    const { client, clock } = scriptedClient((_request, number) => indexed(10 + number, answers[number] ?? answers[2]));
    const watch = client.health.watchService('web');
    const statuses: (string | undefined)[] = [];
    for (let told = 0; told < 2; told++) {
      const next = watch.next();
      await clock.advance(1_000);
      statuses.push((await next).value.value[0]?.checks[0]?.status);
    }
    expect(statuses).toEqual(['passing', 'critical']);
    await watch.return(undefined);
  });

  it('ends without an error when the client is closed', async () => {
    const { client, transport } = quiet();
    const watch = client.kv.watch('a');
    await watch.next();
    const next = watch.next();
    await settle();
    await client.close();
    expect((await next).done).toBe(true);
    expect(transport.closed).toBe(true);
  });

  it('of an agent’s service tells that it is gone, and looks again now and then', async () => {
    let there = true;
    const service = { ID: 'w', Service: 'web', Port: 1, ContentHash: 'abc' };
    const { client, clock } = scriptedClient((request) => {
      if (!there) return reply(404, 'unknown service ID: w');
      return request.lane === 'poll'
        ? reply(404, 'unknown service ID: w')
        : reply(200, service, { 'x-consul-contenthash': 'abc' });
    });
    const watch = client.agent.watchService('w', { pollEveryMs: 5_000 });
    expect((await watch.next()).value.value?.port).toBe(1);
    there = false;
    expect((await watch.next()).value.value).toBe(undefined);
    there = true;
    const back = watch.next();
    await clock.advance(5_000);
    expect((await back).value.value?.port).toBe(1);
    await watch.return(undefined);
  });

  it('of events blocks on their opaque index, however large', async () => {
    const { client, transport } = scriptedClient((request) =>
      request.lane === 'poll' ? 'hang' : indexed('15444621193000052107', []),
    );
    const watch = client.event.watch({ name: 'deploy' });
    await watch.next();
    await settle();
    await watch.return(undefined);
    expect(transport.queries[1]?.get('index')).toBe('15444621193000052107');
    expect(transport.queries[1]?.get('name')).toBe('deploy');
  });
});

describe('a write to the catalog', () => {
  it('says its datacenter in the body too, where Consul looks for it', async () => {
    const { client, transport } = scriptedClient(() => reply(200, 'true'), { datacenter: 'dc2' });
    await client.catalog.register({ node: 'n', address: '192.0.2.1' });
    await client.catalog.deregister({ node: 'n' }, { datacenter: 'dc3' });
    const bodies = transport.requests.map(({ body }) => JSON.parse(Buffer.from(body ?? []).toString()));
    expect(bodies).toEqual([
      { Node: 'n', Address: '192.0.2.1', Datacenter: 'dc2' },
      { Node: 'n', Datacenter: 'dc3' },
    ]);
  });
});

describe('a watch that tells a listener', () => {
  const instances = (...ids: readonly string[]) =>
    ids.map((id) => ({
      Node: { Node: 'n', Address: '10.0.0.1', Datacenter: 'dc1' },
      Service: { ID: id, Service: 'web', Address: '', Port: 80, Tags: [] },
      Checks: [],
    }));

  function followed(answers: readonly object[], options: ConsulClientOptions = {}) {
    let next = 0;
    const parts = scriptedClient(
      () => (next < answers.length ? indexed(++next, answers[next - 1] as object) : 'hang'),
      options,
    );
    const told: (readonly string[])[] = [];
    const events: string[] = [];
    const following = parts.client.health.followInstances('web', {
      read: (entry) => entry.service.id,
      answered: ({ value }) => void told.push(value),
      broke: (error) => void events.push(String(error)),
      confirmed: () => void events.push('confirmed'),
    });
    return { ...parts, told, events, following };
  }

  it('tells every answer, the same list again where it came again as it was', async () => {
    const { told, events, clock, following } = followed([instances('a'), instances('a'), instances('a', 'b')]);
    await clock.advance(1000);
    expect(told).toEqual([['a'], ['a'], ['a', 'b']]);
    expect(told[1]).toBe(told[0]);
    expect(events).toEqual(['confirmed', 'confirmed', 'confirmed']);
    await following.end();
  });

  it('asks for its connection before it reads, and gives it back when it is ended', async () => {
    const { transport, clock, following, client } = followed([instances('a')], { pollConnections: 1 });
    await settle();
    const lanes = () => transport.requests.map(({ lane }) => lane);
    expect(lanes()).toEqual(['call', 'poll']);
    const second = client.health.followInstances('web', { read: () => 0, answered: () => {}, broke: () => {} });
    await settle();
    expect(lanes()).toEqual(['call', 'poll', 'call']);
    await following.end();
    await second.end();
    expect(clock.pending).toBe(0);
  });

  it('tells of a bug and ends, and is ended when the client is closed', async () => {
    const { client, clock } = scriptedClient(() => indexed(1, instances('a')));
    const broke: unknown[] = [];
    client.health.followInstances('web', {
      read: () => {
        throw new TypeError('bug');
      },
      answered: () => {},
      broke: (error) => void broke.push(error),
    });
    await settle();
    expect(broke).toMatchObject([{ message: 'bug' }]);
    expect(clock.pending).toBe(0);
    const open = followed([instances('a')]);
    await settle();
    await open.client.close();
    await settle();
    expect(open.clock.pending).toBe(0);
  });
});
