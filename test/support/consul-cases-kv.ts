import assert from 'node:assert/strict';
import { isConsulError } from '../../src/consul/consul-error.ts';
import { ask, type ConsulCase, uniqueName } from './consul-case.ts';

const WAIT_MS = 20_000;

/** Keys and values, transactions, sessions, locks, events. */
export const kvCases: readonly ConsulCase[] = [
  {
    name: 'a value comes back byte for byte with its flags, an empty one too',
    async run(client) {
      const key = uniqueName('kv/round trip/ü');
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      const flags = 2n ** 64n - 1n;
      assert.equal(await client.kv.put(key, bytes, { flags }), true);
      const entry = (await client.kv.get(key)).value;
      assert.equal(entry?.key, key);
      assert.deepEqual(entry?.value, bytes);
      assert.equal(entry?.flags, flags);
      assert.deepEqual((await client.kv.raw(key)).value, bytes);
      await client.kv.put(key, '');
      assert.equal((await client.kv.get(key)).value?.value.length, 0);
      await client.kv.delete(key);
    },
  },
  {
    name: 'a missing key is undefined, with an index to wait on',
    async run(client) {
      const { value, meta } = await client.kv.get(uniqueName('kv-none'));
      assert.equal(value, undefined);
      assert.ok((meta.index ?? 0) >= 1);
      assert.equal((await client.kv.raw(uniqueName('kv-none'))).value, undefined);
    },
  },
  {
    name: 'check-and-set stores only over the version it names, and 0 only creates',
    async run(client) {
      const key = uniqueName('cas');
      assert.equal(await client.kv.put(key, 'one', { cas: 0 }), true);
      assert.equal(await client.kv.put(key, 'two', { cas: 0 }), false);
      const index = (await client.kv.get(key)).value?.modifyIndex ?? 0;
      assert.equal(await client.kv.put(key, 'two', { cas: index }), true);
      assert.equal(await client.kv.put(key, 'three', { cas: index }), false);
      assert.equal(await client.kv.delete(key, { cas: index }), false);
      assert.equal((await client.kv.get(key)).value?.value.toString(), 'two');
      await client.kv.delete(key);
    },
  },
  {
    name: 'storing the same value again does not move the key’s index',
    async run(client) {
      const key = uniqueName('same');
      await client.kv.put(key, 'x');
      const before = (await client.kv.get(key)).value?.modifyIndex;
      await client.kv.put(key, 'x');
      assert.equal((await client.kv.get(key)).value?.modifyIndex, before);
      await client.kv.delete(key);
    },
  },
  {
    name: 'deleting what is not there is true; conditions that exclude each other are refused',
    async run(client, address) {
      const key = uniqueName('gone');
      assert.equal(await client.kv.delete(key), true);
      assert.equal((await ask(address, `kv/${key}?recurse&cas=1`, { method: 'DELETE' })).status, 400);
      assert.equal((await ask(address, `kv/${key}?cas=1&acquire=x`, { method: 'PUT', body: '' })).status, 400);
    },
  },
  {
    name: 'a prefix is text and no folder; separators list folders',
    async run(client) {
      const app = uniqueName('app');
      for (const key of [`${app}/a`, `${app}/b/c`, `${app}/b/d`, `${app}-2/a`]) await client.kv.put(key, key);
      assert.deepEqual((await client.kv.keys(app)).value, [`${app}-2/a`, `${app}/a`, `${app}/b/c`, `${app}/b/d`]);
      assert.deepEqual((await client.kv.keys(`${app}/`, { separator: '/' })).value, [`${app}/a`, `${app}/b/`]);
      assert.deepEqual(
        (await client.kv.list(`${app}/b/`)).value.map((entry) => entry.value.toString()),
        [`${app}/b/c`, `${app}/b/d`],
      );
      await client.kv.deletePrefix(`${app}/`);
      assert.deepEqual((await client.kv.keys(app)).value, [`${app}-2/a`]);
      await client.kv.deletePrefix(app);
      assert.deepEqual((await client.kv.list(app)).value, []);
    },
  },
  {
    name: 'a value over 512 KiB is refused',
    async run(client) {
      const key = uniqueName('large');
      await assert.rejects(client.kv.put(key, Buffer.alloc(524_289)), (error) => isConsulError(error, 'TooLarge'));
      assert.equal(await client.kv.put(key, Buffer.alloc(524_288)), true);
      await client.kv.delete(key);
    },
  },
  {
    name: 'keys that are no clean paths are redirected by Consul, and refused by the client',
    async run(client, address) {
      for (const key of ['a//b', '/a', 'a/../b', 'a/./b', '..']) {
        await assert.rejects(client.kv.get(key), (error) => isConsulError(error, 'BadRequest'));
      }
      assert.equal((await ask(address, 'kv/a//b')).status, 301);
    },
  },
  {
    name: 'a blocking read of a key wakes for its change and not for another key’s',
    async run(client) {
      const [key, other] = [uniqueName('kv-wake'), uniqueName('kv-other')];
      await client.kv.put(key, 'one');
      const { value, meta } = await client.kv.get(key);
      assert.equal(meta.index, value?.modifyIndex);
      const asleep = client.kv.get(key, { index: meta.index, waitMs: 400 });
      await client.kv.put(other, 'x');
      assert.equal((await asleep).meta.index, meta.index);
      const woken = client.kv.get(key, { index: meta.index, waitMs: WAIT_MS });
      await client.kv.put(key, 'two');
      assert.equal((await woken).value?.value.toString(), 'two');
      await client.kv.delete(key);
      await client.kv.delete(other);
    },
  },
  {
    name: 'a blocking read of a prefix wakes for a deletion',
    async run(client) {
      const app = uniqueName('tree');
      await client.kv.put(`${app}/a`, '1');
      await client.kv.put(`${app}/b`, '2');
      const { meta } = await client.kv.list(`${app}/`);
      const woken = client.kv.list(`${app}/`, { index: meta.index, waitMs: WAIT_MS });
      await client.kv.delete(`${app}/a`);
      assert.deepEqual(
        (await woken).value.map((entry) => entry.key),
        [`${app}/b`],
      );
      await client.kv.deletePrefix(`${app}/`);
    },
  },
  {
    name: 'a watch of a key sees it come, change and go',
    async run(client) {
      const key = uniqueName('kv-watch');
      const seen: (string | undefined)[] = [];
      for await (const { value } of client.kv.watch(key)) {
        seen.push(value?.value.toString());
        if (seen.length === 1) await client.kv.put(key, 'one');
        if (seen.length === 2) await client.kv.put(key, 'two');
        if (seen.length === 3) await client.kv.delete(key);
        if (seen.length === 4) break;
      }
      assert.deepEqual(seen, [undefined, 'one', 'two', undefined]);
    },
  },
  {
    name: 'a transaction is carried out whole or not at all',
    async run(client) {
      const key = uniqueName('txn');
      const flags = 2n ** 63n + 1n;
      const done = await client.txn.kv([
        { verb: 'set', key, value: 'one', flags },
        { verb: 'get', key },
      ]);
      assert.ok(done.committed);
      const got = done.results[1];
      assert.ok(got?.kind === 'kv');
      assert.equal(got.entry.value.toString(), 'one');
      assert.equal(got.entry.flags, flags);
      const undone = await client.txn.kv([
        { verb: 'set', key, value: 'two' },
        { verb: 'check-not-exists', key },
      ]);
      assert.ok(!undone.committed);
      assert.equal(undone.errors[0]?.opIndex, 1);
      assert.equal((await client.kv.get(key)).value?.value.toString(), 'one');
      const many = Array.from({ length: 65 }, () => ({ verb: 'get', key }) as const);
      await assert.rejects(client.txn.kv(many), (error) => isConsulError(error, 'TooLarge'));
      await client.kv.delete(key);
    },
  },
  {
    name: 'a session holds a lock against another, and gives it back when it ends',
    async run(client) {
      const key = uniqueName('locked');
      const [mine, yours] = [
        await client.session.create({ name: key, ttlMs: 10_000, lockDelayMs: 0 }),
        await client.session.create({ name: key, lockDelayMs: 0 }),
      ];
      assert.equal(await client.kv.put(key, 'mine', { acquire: mine }), true);
      assert.equal(await client.kv.put(key, 'yours', { acquire: yours }), false);
      assert.equal((await client.kv.get(key)).value?.session, mine);
      assert.equal((await client.session.renew(mine)).ttlMs, 10_000);
      assert.equal((await client.session.info(mine)).value?.name, key);
      assert.ok((await client.session.list()).value.some((session) => session.id === yours));
      await client.session.destroy(mine);
      assert.equal((await client.kv.get(key)).value?.session, undefined);
      assert.equal(await client.kv.put(key, 'yours', { acquire: yours }), true);
      assert.equal(await client.kv.put(key, 'free', { release: yours }), true);
      await client.session.destroy(yours);
      assert.equal((await client.session.info(mine)).value, undefined);
      await assert.rejects(client.session.renew(mine), (error) => isConsulError(error, 'NotFound'));
      await client.kv.delete(key);
    },
  },
  {
    name: 'after a holder is lost nobody gets its lock within the lock delay',
    async run(client) {
      const key = uniqueName('delayed');
      const lost = await client.session.create({ lockDelayMs: 60_000 });
      const next = await client.session.create({});
      assert.equal(await client.kv.put(key, '', { acquire: lost }), true);
      await client.session.destroy(lost);
      assert.equal(await client.kv.put(key, '', { acquire: next }), false);
      await client.session.destroy(next);
      await client.kv.delete(key);
    },
  },
  {
    name: 'of two that want a lock one waits until the other gives it back',
    async run(client) {
      const key = uniqueName('lock');
      const first = await client.lock(key, { value: 'first', lockDelayMs: 0 });
      await assert.rejects(client.lock(key, { giveUpAfterMs: 0 }), (error) => isConsulError(error, 'Conflict'));
      const waiting = client.lock(key, { value: 'second', lockDelayMs: 0 });
      assert.equal(await first.release(), true);
      await using second = await waiting;
      assert.equal((await client.kv.get(key)).value?.session, second.session);
      assert.equal(second.lost.aborted, false);
      await second.release();
      await client.kv.delete(key);
    },
  },
  {
    name: 'an event that is fired is listed with its payload',
    async run(client) {
      const name = uniqueName('event');
      const fired = await client.event.fire(name, { payload: Buffer.from([0, 1, 255]) });
      for await (const { value } of client.event.watch({ name })) {
        const event = value.find((each) => each.id === fired.id);
        if (event === undefined) continue;
        assert.deepEqual(event.payload, Buffer.from([0, 1, 255]));
        break;
      }
    },
  },
];
