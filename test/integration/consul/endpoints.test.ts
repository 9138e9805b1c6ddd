import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { isConsulError } from '../../../src/consul/consul-error.ts';
import { healthOf } from '../../../src/consul/health-status.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

let consul: RealConsul;
let client: ConsulClient;

describe.skipIf(consulBin === undefined)('a real agent', () => {
  beforeAll(async () => {
    consul = await RealConsul.start({ config: { node_meta: { zone: 'a' }, enable_script_checks: true } });
    client = new ConsulClient({ address: consul.address });
  });

  afterAll(async () => {
    await client?.close();
    await consul?.[Symbol.asyncDispose]();
  });

  it('runs prepared queries, whose answers have no index to wait for', async () => {
    await client.agent.register({ name: 'queried', port: 1 });
    const id = await client.query.create({ Name: 'find', Service: { Service: 'queried' } });
    const { value, meta } = await client.query.execute('find', { limit: 5 });
    expect(value.entries.map((entry) => entry.service.port)).toEqual([1]);
    expect([value.service, value.datacenter, value.failovers, meta.index]).toEqual(['queried', 'dc1', 0, undefined]);
    await client.query.update(id, { Name: 'find2', Service: { Service: 'queried' } });
    expect((await client.query.get(id))?.name).toBe('find2');
    expect((await client.query.list()).map((query) => query.service)).toEqual(['queried']);
    const seen: number[] = [];
    for await (const answer of client.query.watch('find2', { pollEveryMs: 50 })) {
      seen.push(answer.value.entries[0]?.service.port ?? 0);
      if (seen.length === 1) await client.agent.register({ name: 'queried', port: 2 });
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([1, 2]);
    await client.query.delete(id);
    expect(await client.query.get(id)).toBe(undefined);
    await expect(client.query.execute('find2')).rejects.toSatisfy((error) => isConsulError(error, 'NotFound'));
  });

  it('keeps config entries, and compiles them into a chain whose changes a watch sees', async () => {
    expect(await client.config.get('service-resolver', 'shop')).toBe(undefined);
    expect((await client.discoveryChain.get('shop')).value.nodes.size).toBe(1);
    const timeouts: (string | undefined)[] = [];
    for await (const { value } of client.discoveryChain.watch('shop')) {
      const node = value.nodes.get(value.startNode);
      timeouts.push(node?.kind === 'resolver' ? node.connectTimeout : undefined);
      if (timeouts.length === 1) {
        await client.config.put({
          Kind: 'service-resolver',
          Name: 'shop',
          ConnectTimeout: '3s',
          DefaultSubset: 'v1',
          Subsets: { v1: { Filter: 'Service.Meta.v == 1', OnlyPassing: true } },
        });
      }
      if (timeouts.length === 2) {
        expect([...value.targets.values()]).toMatchObject([{ subset: 'v1', onlyPassing: true, service: 'shop' }]);
        break;
      }
    }
    expect(timeouts).toEqual(['5s', '3s']);
    const entry = await client.config.get('service-resolver', 'shop');
    expect(entry?.raw.ConnectTimeout).toBe('3s');
    expect(await client.config.put({ Kind: 'service-resolver', Name: 'shop' }, { cas: 1 })).toBe(false);
    const names: string[][] = [];
    for await (const { value } of client.config.watchKind('service-resolver')) {
      names.push(value.map(({ name }) => name));
      if (names.length === 1) await client.config.delete('service-resolver', 'shop');
      if (names.length === 2) break;
    }
    expect(names).toEqual([['shop'], []]);
  });

  it('compiles routers and splitters', async () => {
    await client.config.put({ Kind: 'service-defaults', Name: 'admin', Protocol: 'http' });
    const Name = 'cart';
    await client.config.put({ Kind: 'service-defaults', Name, Protocol: 'http' });
    await client.config.put({
      Kind: 'service-resolver',
      Name,
      Subsets: { v1: { Filter: 'Service.Meta.v == 1' }, v2: { Filter: 'Service.Meta.v == 2' } },
    });
    await client.config.put({
      Kind: 'service-splitter',
      Name,
      Splits: [
        { Weight: 90, ServiceSubset: 'v1' },
        { Weight: 10, ServiceSubset: 'v2' },
      ],
    });
    await client.config.put({
      Kind: 'service-router',
      Name,
      Routes: [{ Match: { HTTP: { PathPrefix: '/admin' } }, Destination: { Service: 'admin', PrefixRewrite: '/' } }],
    });
    const { value: chain } = await client.discoveryChain.get('cart');
    const start = chain.nodes.get(chain.startNode);
    expect(chain.protocol).toBe('http');
    expect(start?.kind === 'router' && start.routes.length).toBe(2);
    const splitter = [...chain.nodes.values()].find((node) => node.kind === 'splitter');
    expect(splitter?.splits.map((split) => split.weight)).toEqual([90, 10]);
    expect([...chain.targets.keys()].length).toBe(3);
  });

  it('takes nodes and services into the catalog by hand', async () => {
    await client.catalog.register({
      node: 'external',
      address: '192.0.2.1',
      nodeMeta: { external: 'true' },
      service: { id: 'db-1', name: 'db', port: 5432, tags: ['primary'], meta: { v: '9' } },
      checks: [{ id: 'alive', name: 'Alive', status: 'warning', serviceId: 'db-1', output: 'slow' }],
    });
    const [entry] = (await client.health.service('db')).value;
    expect(entry?.node.address).toBe('192.0.2.1');
    expect(healthOf(entry?.checks ?? [])).toBe('warning');
    expect((await client.catalog.service('db', { tags: ['primary'] })).value[0]?.service.port).toBe(5432);
    expect((await client.catalog.nodes({ nodeMeta: { external: 'true' } })).value.map(({ name }) => name)).toEqual([
      'external',
    ]);
    expect((await client.health.node('external')).value.map(({ id }) => id)).toEqual(['alive']);
    expect((await client.health.state('warning')).value.map(({ id }) => id)).toEqual(['alive']);
    await client.catalog.deregister({ node: 'external', checkId: 'alive' });
    expect((await client.health.checks('db')).value).toEqual([]);
    await client.catalog.deregister({ node: 'external', serviceId: 'db-1' });
    expect((await client.health.service('db')).value).toEqual([]);
    await client.catalog.deregister({ node: 'external' });
    expect((await client.catalog.node('external')).value).toBe(undefined);
  });

  it('filters, sorts and picks by node', async () => {
    await client.agent.register({ id: 'f1', name: 'filtered', port: 1, meta: { v: '1' } });
    await client.agent.register({ id: 'f2', name: 'filtered', port: 2, meta: { v: '2' } });
    await expect.poll(async () => (await client.health.service('filtered')).value.length).toBe(2);
    const ids = async (options: Parameters<typeof client.health.service>[1]) =>
      (await client.health.service('filtered', options)).value.map((entry) => entry.service.id).sort();
    expect(await ids({ filter: 'Service.Meta.v == "2"' })).toEqual(['f2']);
    expect(await ids({ nodeMeta: new Map([['zone', 'a']]), near: '_agent' })).toEqual(['f1', 'f2']);
    expect(await ids({ nodeMeta: { zone: 'b' } })).toEqual([]);
    await expect(ids({ filter: 'no filter at all (' })).rejects.toSatisfy((error) =>
      isConsulError(error, 'BadRequest'),
    );
    expect([...(await client.agent.services({ filter: 'Port == 2' })).keys()]).toContain('f2');
  });

  it('refuses what it does not have, with its own words', async () => {
    const namespace = client.health.service('web', { namespace: 'team' });
    await expect(namespace).rejects.toSatisfy((error) => isConsulError(error, 'BadRequest'));
    await expect(client.health.service('web', { datacenter: 'dc9' })).rejects.toThrow('No path to datacenter');
    const peer = client.health.service('web', { peer: 'east' });
    await expect(peer).rejects.toSatisfy((error) => isConsulError(error, 'Unsupported'));
    const h2ping = { probe: { kind: 'h2ping', address: 'a:1', intervalMs: 1_000 } } as const;
    const registered = client.agent.register({ name: 'too-new', checks: [h2ping] });
    await expect(registered).rejects.toThrow(/PUT \/v1\/agent\/service\/register: 400 .*H2PING/);
  });

  it('runs checks of several kinds, and goes into maintenance as a whole', async () => {
    await client.agent.register({
      name: 'checked',
      port: 1,
      checks: [
        { id: 'script', probe: { kind: 'script', args: ['true'], intervalMs: 1_000 } },
        { id: 'tcp', probe: { kind: 'tcp', address: `127.0.0.1:${consul.port}`, intervalMs: 1_000 } },
        { id: 'http', probe: { kind: 'http', url: `${consul.address}/v1/status/leader`, intervalMs: 1_000 } },
        { id: 'alias', probe: { kind: 'alias', service: 'checked-too' } },
      ],
    });
    const statuses = async () =>
      [...(await client.agent.checks.list()).values()].map(({ id, status }) => `${id} ${status}`);
    await expect
      .poll(statuses, { timeout: 20_000 })
      .toEqual(expect.arrayContaining(['script passing', 'tcp passing', 'http passing']));
    await client.agent.maintainNode(true, { reason: 'new disk' });
    expect((await client.agent.serviceHealth('checked'))?.status).toBe('maintenance');
    await client.agent.maintainNode(false);
    expect((await client.agent.members({ wan: true }))[0]?.name).toMatch(/^node-1\./);
    await client.agent.deregister('checked');
  });

  it('tells of its servers and distances', async () => {
    expect(await client.status.peers()).toEqual([await client.status.leader()]);
    expect((await client.coordinate.datacenters())[0]?.datacenter).toBe('dc1');
    expect(Array.isArray((await client.coordinate.nodes()).value)).toBe(true);
    expect(Array.isArray(await client.coordinate.node('no-such-node'))).toBe(true);
  });

  it('changes its catalog in a transaction', async () => {
    const outcome = await client.txn.run([
      { kind: 'node', operation: { Verb: 'set', Node: { Node: 'by-txn', Address: '192.0.2.2' } } },
      { kind: 'kv', operation: { verb: 'set', key: 'by-txn', value: 'x' } },
    ]);
    expect(outcome.committed && outcome.results.map(({ kind }) => kind)).toEqual(['node', 'kv']);
    expect((await client.catalog.node('by-txn')).value?.node.address).toBe('192.0.2.2');
  });

  it('serves 400 watches of one client within its 200 connections, and each sees its change', async () => {
    const abort = new AbortController();
    const failures: string[] = [];
    const seen = new Map<string, string | undefined>();
    const observer = { failed: (error: Error) => void failures.push(error.message) };
    const watches = Array.from({ length: 400 }, async (_, n) => {
      for await (const { value } of client.kv.watch(`many/${n}`, { signal: abort.signal, observer })) {
        seen.set(`many/${n}`, value?.value.toString());
      }
    });
    await expect.poll(() => seen.size, { timeout: 20_000 }).toBe(400);
    for (let n = 0; n < 400; n++) await client.kv.put(`many/${n}`, 'new');
    const current = () => [...seen.values()].filter((value) => value === 'new').length;
    await expect.poll(current, { timeout: 40_000 }).toBe(400);
    abort.abort();
    await Promise.all(watches);
    expect(failures).toEqual([]);
  });
});
