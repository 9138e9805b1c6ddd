import Consul from 'consul';
import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

/** What a client of the public package sees, as far as it does not name this very run. */
type Seen = Record<string, unknown>;

/** One script with the package `consul` from npm: registration, checks, health, KV with CAS, sessions, txn, events, watch. */
async function script(address: string): Promise<Seen> {
  const { hostname, port } = new URL(address);
  const client = new Consul({ host: hostname, port: Number(port) });
  const seen: Seen = {};
  seen.leader = typeof (await client.status.leader());
  seen.datacenters = await client.catalog.datacenters();

  const service = {
    name: 'orders',
    id: 'orders-1',
    address: '10.0.0.7',
    port: 8000,
    tags: ['api', 'v1'],
    meta: { v: '1' },
  };
  await client.agent.service.register({
    ...service,
    check: { ttl: '1h', timeout: '1s', name: 'heartbeat', status: 'passing' },
  });
  await client.agent.check.register({ name: 'disk', ttl: '1h', timeout: '1s', notes: 'space left' });
  await client.agent.check.warn({ id: 'service:orders-1', note: 'slow' });
  seen.services = await client.agent.service.list();
  seen.checks = await client.agent.checks();
  seen.warned = await client.health.service({ service: 'orders' });
  seen.passingWhileWarned = await client.health.service({ service: 'orders', passing: true });
  await client.agent.check.pass('service:orders-1');
  await client.agent.check.pass('disk');
  seen.passing = await client.health.service({ service: 'orders', passing: true });
  seen.tagged = await client.catalog.service.nodes({ service: 'orders', tag: 'V1' });
  seen.names = sortedLists(await client.catalog.service.list());
  await client.agent.service.maintenance({ id: 'orders-1', enable: true, reason: 'because' });
  seen.maintained = await client.health.checks('orders');
  await client.agent.service.maintenance({ id: 'orders-1', enable: false });

  seen.set = await client.kv.set('app/name', 'one');
  const entry = await client.kv.get('app/name');
  seen.entry = entry;
  seen.staleCas = await client.kv.set({ key: 'app/name', value: 'two', cas: 1 });
  seen.cas = await client.kv.set({ key: 'app/name', value: 'two', cas: Number(entry?.ModifyIndex) });
  seen.createOnly = await client.kv.set({ key: 'app/name', value: 'three', cas: 0 });
  seen.keys = await client.kv.keys('app/');
  seen.missing = await client.kv.get('nothing');

  const { ID: session } = await client.session.create({ name: 'lock', ttl: '60s', lockdelay: '0s' });
  seen.locked = await client.kv.set({ key: 'app/lock', value: 'me', acquire: session });
  seen.lockEntry = await client.kv.get('app/lock');
  seen.released = await client.kv.set({ key: 'app/lock', value: 'free', release: session });
  seen.renewed = await client.session.renew(session);
  seen.destroyed = await client.session.destroy(session);
  seen.gone = await failure(client.session.renew(session));

  seen.txn = await transact(client, [
    { KV: { Verb: 'set', Key: 'app/txn', Value: Buffer.from('x').toString('base64') } },
    { KV: { Verb: 'get', Key: 'app/name' } },
  ]);
  seen.rolledBack = await failure(transact(client, [{ KV: { Verb: 'check-not-exists', Key: 'app/txn' } }]));
  seen.event = await client.event.fire('deploy', 'now');
  seen.watched = await watchChanges(client);
  await client.agent.service.deregister('orders-1');
  await client.agent.check.deregister('disk');
  seen.after = await client.agent.service.list();
  seen.unknownTtl = await failure(client.agent.check.pass('nobody'));
  seen.deleted = await client.kv.del({ key: 'app/', recurse: true });
  return seen;
}

/** The package's types ask for an object here; its code takes the list. */
function transact(client: Consul, operations: readonly object[]): Promise<unknown> {
  return client.transaction.create(operations as never);
}

async function failure(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** The values a watch yields of a key that is changed whenever the last value was seen. */
function watchChanges(client: Consul): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const values: unknown[] = [];
    const watch = client.watch({ method: client.kv.get, options: { key: 'app/watched', wait: '10s' } });
    watch.on('error', reject);
    watch.on('change', (data: { Value?: string } | undefined) => {
      values.push(data?.Value);
      if (values.length < 4) return void client.kv.set('app/watched', `value ${values.length}`).catch(reject);
      watch.end();
      resolve(values);
    });
  });
}

/** A real agent lists the tags of a service in the random order of a Go map. */
function sortedLists(lists: Readonly<Record<string, readonly string[]>>): Seen {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list].sort()]));
}

/** Leaves out what names this run: ids, indexes and what the server says of itself. */
function comparable(value: unknown, key = ''): unknown {
  if (/Index$/.test(key)) return '<index>';
  if (typeof value === 'string') return value.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>');
  if (Array.isArray(value)) return value.map((item) => comparable(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, comparable(item, name)]));
}

describe.skipIf(consulBin === undefined)('the package "consul" from npm', () => {
  it('sees the same on the embedded registry as on a real agent', async () => {
    await using consul = await RealConsul.start();
    await using agent = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
    const [expected, actual] = await Promise.all([script(consul.address), script(agent.address)]);
    expect(comparable(actual)).toEqual(comparable(expected));
    expect(actual.watched).toEqual([undefined, 'value 1', 'value 2', 'value 3']);
  });
});
