import { beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import type { WireReply } from '../../../src/consul/wire.ts';
import { ConfigTree } from '../../../src/kv-config/config-tree.ts';
import { KvView } from '../../../src/kv-config/kv-view.ts';
import { HeldTransport } from '../../support/consul-held.ts';
import { indexed, reply } from '../../support/consul-transport.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const SHARED = '/v1/kv/config/application/';
const OWN = '/v1/kv/config/orders/';
const TXN = '/v1/txn';

let agent: HeldTransport;
let clock: FakeClock;
let consul: ConsulClient;

beforeEach(() => {
  agent = new HeldTransport();
  clock = new FakeClock();
  consul = new ConsulClient({ transport: agent, clock, random: () => 0 });
});

/** Keys, each with its ModifyIndex and value. */
type Keys = Readonly<Record<string, readonly [index: number, value: string]>>;

function entries(keys: Keys): readonly object[] {
  return Object.entries(keys).map(([Key, [index, value]]) => ({
    Key,
    Value: Buffer.from(value).toString('base64'),
    Flags: 0,
    CreateIndex: index,
    ModifyIndex: index,
    LockIndex: 0,
  }));
}

function list(index: number, keys: Keys): WireReply {
  const found = entries(keys);
  return found.length === 0 ? indexed(index, '', 404) : indexed(index, found);
}

function read(keys: Keys): WireReply {
  return reply(200, { Results: entries(keys).map((KV) => ({ KV })), Errors: [] });
}

function gone(path: string): ConsulError {
  return new ConsulError({ kind: 'Unreachable', method: 'GET', path, problem: 'socket hang up' });
}

/** Answers, and lets as much time go by as watches leave between two reads. */
async function answer(path: string, what: WireReply): Promise<void> {
  await agent.answer(path, what);
  await clock.advance(50);
}

/** The agent is killed: whoever waits hears of it, and asks again. */
async function restart(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await agent.answer(path, gone(path));
  await clock.advance(300);
}

describe('a configuration', () => {
  const shared: Keys = { 'config/application/a': [3, '1'] };
  const own: Keys = { 'config/orders/own': [4, '1'] };
  let tree: ConfigTree;

  beforeEach(async () => {
    const opening = ConfigTree.open({ consul, prefix: 'config', app: 'orders', clock, random: () => 0 });
    await settle();
    await answer(SHARED, list(3, shared));
    await answer(OWN, list(3, {}));
    await answer(TXN, read(shared));
    tree = await opening;
    expect(agent.paths).toEqual([SHARED, OWN]);
  });

  it('does not keep a key that it read while the watch of its folder was away, and that is gone since', async () => {
    const changed: Keys = { 'config/application/a': [5, '2'] };
    await answer(SHARED, list(5, changed));
    await answer(TXN, read({ ...changed, ...own }));
    expect(tree.value).toEqual({ a: 2, own: 1 });
    await restart(SHARED, OWN);
    // To this watch there was never anything.
    await answer(OWN, list(6, {}));
    await answer(TXN, read(changed));
    expect(tree.value).toEqual({ a: 2 });
  });

  it('reads once more when a watch answers something else while it reads', async () => {
    const changed: Keys = { 'config/application/a': [5, '2'] };
    await answer(SHARED, list(5, changed));
    await answer(OWN, list(6, own));
    await answer(TXN, read(changed));
    expect(tree.value).toEqual({ a: 2 });
    await answer(TXN, read({ ...changed, ...own }));
    expect(tree.value).toEqual({ a: 2, own: 1 });
    expect(agent.paths).toEqual([SHARED, OWN]);
  });

  it('is not read again for an answer that it was read with', async () => {
    await answer(OWN, list(4, own));
    const changed: Keys = { 'config/application/a': [5, '2'] };
    await answer(SHARED, list(5, changed));
    await answer(TXN, read({ ...changed, ...own }));
    expect(tree.value).toEqual({ a: 2, own: 1 });
    expect(agent.paths).toEqual([SHARED, OWN]);
    // A poll that waited in vain.
    await answer(OWN, list(4, own));
    expect(agent.paths).toEqual([SHARED, OWN]);
  });

  it('is current again after an outage in which nothing changed', async () => {
    await restart(SHARED, OWN);
    expect(tree.isStale).toBe(true);
    await answer(OWN, list(3, {}));
    await answer(SHARED, list(3, shared));
    await answer(TXN, read(shared));
    expect(tree.isStale).toBe(false);
    expect(agent.paths).toEqual([SHARED, OWN]);
  });
});

it('a view does not keep a value that was put through it while its watch was away, and that is gone since', async () => {
  const KEY = '/v1/kv/v/a';
  const view = new KvView({ consul, clock });
  const first = view.get('v/a');
  await settle();
  // The watch, and who asked.
  await answer(KEY, list(3, {}));
  await answer(KEY, list(3, {}));
  expect((await first).entry).toBeUndefined();
  // The watch is away until the clock moves on.
  await agent.answer(KEY, gone(KEY));
  const put = view.put('v/a', 'x');
  await settle();
  await agent.answer(KEY, reply(200, true));
  await agent.answer(KEY, list(5, { 'v/a': [5, 'x'] }));
  expect(await put).toBe(true);
  expect((await view.get('v/a')).entry?.value.toString()).toBe('x');
  expect(agent.paths).toEqual([]);
  await clock.advance(300);
  // To the watch there was never anything.
  await answer(KEY, list(6, {}));
  expect(await view.get('v/a')).toEqual({ entry: undefined, isStale: false, ageMs: 50 });
  expect(agent.paths).toEqual([KEY]);
});
