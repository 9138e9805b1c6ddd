import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ConsulClient } from '../../../src/consul/consul-client.ts';
import type { ConfigTreeEvent } from '../../../src/kv-config/config-event.ts';
import { ConfigTreeError } from '../../../src/kv-config/config-event.ts';
import { ConfigTree } from '../../../src/kv-config/config-tree.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

let prefixes = 0;
const newPrefix = () => `config-${++prefixes}`;

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`on ${kind.name}, a configuration`, () => {
    const registry = useRegistry(kind.start);
    let consul: ConsulClient;

    beforeAll(() => {
      consul = registry.consul;
    });

    it('is made of what all apps share, the app’s own and the profile’s, the later over the earlier', async () => {
      const prefix = newPrefix();
      await consul.kv.put(`${prefix}/application/db/host`, 'shared');
      await consul.kv.put(`${prefix}/application/db/port`, '5432');
      await consul.kv.put(`${prefix}/orders/db/host`, 'own');
      await consul.kv.put(`${prefix}/orders,prod/db.yaml`, 'pool: { max: 20 }');
      await consul.kv.put(`${prefix}/orders-2/db/host`, 'another app’s');
      await using config = await ConfigTree.open({ consul, prefix, app: 'orders', profile: 'prod' });
      expect(config.value).toEqual({ db: { host: 'own', port: 5432, pool: { max: 20 } } });
      expect(config.get('db.pool.max')).toBe(20);
      expect(config.get('db/host', 'fallback')).toBe('own');
      expect(config.get('db.user', 'fallback')).toBe('fallback');
      expect(config.originOf('db.port')).toBe(`${prefix}/application/db/port`);
    });

    it('gives back what was set, at once and as it was', async () => {
      await using config = await ConfigTree.open({ consul, prefix: newPrefix(), app: 'orders' });
      const values = ['5432', 5432, 'plain', '', true, null, -0.5, [1, '1'], { a: { b: '2' } }, Buffer.from([0, 255])];
      for (const value of values) {
        expect(await config.set('any.value', value)).toBe(true);
        expect(config.get('any.value')).toStrictEqual(value);
      }
      await config.set(['hosts', 'example.com'], 1);
      expect(config.get(['hosts', 'example.com'])).toBe(1);
    });

    it('set replaces a value in whatever form it was, and only in its own layer', async () => {
      const prefix = newPrefix();
      await consul.kv.put(`${prefix}/application/db/port`, '1');
      await consul.kv.put(`${prefix}/orders/db.yaml`, 'host: a');
      await consul.kv.put(`${prefix}/orders/db/user`, 'b');
      await using config = await ConfigTree.open({ consul, prefix, app: 'orders' });
      await config.set('db', { host: 'c' });
      expect(config.get('db')).toEqual({ port: 1, host: 'c' });
      await config.delete('db');
      expect(config.get('db')).toEqual({ port: 1 });
      await config.set('db.port', 2, { folder: `${prefix}/application/` });
      expect((await consul.kv.get(`${prefix}/application/db/port`)).value?.value.toString()).toBe('2');
      await expect(config.set('db.port', 2, { folder: 'elsewhere/' })).rejects.toThrow('is no folder of this');
    });

    it('of two that change the same version of a value, one has to look again', async () => {
      const prefix = newPrefix();
      await using one = await ConfigTree.open({ consul, prefix });
      await using other = await ConfigTree.open({ consul, prefix });
      expect(await one.set('limit', 1, { cas: 0 })).toBe(true);
      expect(await other.set('limit', 2, { cas: 0 })).toBe(false);
      expect(other.get('limit')).toBe(1);
      expect(await other.set('limit', 2, { cas: other.versionOf('limit') })).toBe(true);
      expect(await one.delete('limit', { cas: one.versionOf('limit') - 1 })).toBe(false);
      await one.refresh();
      expect(await one.delete('limit', { cas: one.versionOf('limit') })).toBe(true);
      expect(one.get('limit')).toBeUndefined();
    });

    it('refuses to delete a part of a larger document', async () => {
      const prefix = newPrefix();
      await consul.kv.put(`${prefix}/db.yaml`, 'host: a\nport: 1');
      await using config = await ConfigTree.open({ consul, prefix });
      await expect(config.delete('db.port')).rejects.toThrow(`part of the document in ${prefix}/db.yaml`);
    });

    it('yields each change while it is watched, with the paths that changed', async () => {
      const prefix = newPrefix();
      await consul.kv.put(`${prefix}/application/a`, '1');
      await using config = await ConfigTree.open({ consul, prefix, app: 'orders' });
      const seen: [unknown, readonly string[]][] = [];
      for await (const { value, paths } of config.watch()) {
        seen.push([value, paths]);
        if (seen.length === 1) await consul.kv.put(`${prefix}/orders/b`, 'x');
        if (seen.length === 2) await consul.kv.delete(`${prefix}/application/a`);
        if (seen.length === 3) break;
      }
      expect(seen).toEqual([
        [{ a: 1 }, ['a']],
        [{ a: 1, b: 'x' }, ['b']],
        [{ b: 'x' }, ['a']],
      ]);
    });

    it('never shows half of a transaction, in whatever layers its keys are', async () => {
      const prefix = newPrefix();
      const keys = [`${prefix}/application/one`, `${prefix}/orders/two`, `${prefix}/orders/deep/three`];
      const write = (round: number) => consul.txn.kv(keys.map((key) => ({ verb: 'set', key, value: String(round) })));
      await write(0);
      await using config = await ConfigTree.open({ consul, prefix, app: 'orders' });
      const stop = new AbortController();
      const torn: unknown[] = [];
      let changes = 0;
      const watching = (async () => {
        for await (const { value } of config.watch(stop.signal)) {
          changes += 1;
          const { one, two, deep } = value as { one: number; two: number; deep: { three: number } };
          if (one !== two || two !== deep.three) torn.push(value);
        }
      })();
      const rounds = 200;
      for (let round = 1; round <= rounds; round++) await write(round);
      await until('the last round', async () => config.get('one') === rounds);
      stop.abort();
      await watching;
      expect(torn).toEqual([]);
      expect(changes).toBeGreaterThan(1);
    });

    it('keeps the last good values when the new ones do not validate, says so, and takes them once they do', async () => {
      const prefix = newPrefix();
      const events: ConfigTreeEvent[] = [];
      await consul.kv.put(`${prefix}/port`, '8080');
      const schema = z.object({ port: z.number(), password: z.string().max(3).default('abc') });
      await using config = await ConfigTree.open({ consul, prefix, schema, onEvent: (event) => events.push(event) });
      const port: number = config.value.port;
      expect(port).toBe(8080);
      expect(config.get('password')).toBe('abc');
      await consul.kv.put(`${prefix}/password`, 'far-too-long');
      await until('it is told', async () => config.isStale);
      expect(config.lastError).toBeInstanceOf(ConfigTreeError);
      expect(config.lastError?.message).toContain('password');
      expect(config.lastError?.message).not.toContain('far-too-long');
      expect(config.value).toEqual({ port: 8080, password: 'abc' });
      // The repair is possible although the whole does not validate as it is.
      await config.set('password', 'ok');
      expect(config.isStale).toBe(false);
      expect(config.value).toEqual({ port: 8080, password: 'ok' });
      expect(events.map(({ kind }) => kind)).toEqual(['changed', 'rejected', 'current', 'changed']);
    });

    it('does not write what its schema refuses', async () => {
      const prefix = newPrefix();
      const schema = z.object({ port: z.number().optional() });
      await using config = await ConfigTree.open({ consul, prefix, schema });
      await expect(config.set('port', 'none')).rejects.toThrow(ConfigTreeError);
      expect((await consul.kv.get(`${prefix}/port`)).value).toBeUndefined();
    });

    it('does not open on what cannot be used, unless it may start with its defaults', async () => {
      const prefix = newPrefix();
      await consul.kv.put(`${prefix}/db.json`, '{');
      await expect(ConfigTree.open({ consul, prefix })).rejects.toThrow(`${prefix}/db.json: is not valid JSON`);
      const defaults = { db: { port: 1 } };
      await using config = await ConfigTree.open({ consul, prefix, defaults, mayStartWithout: true });
      expect([config.value, config.isStale]).toEqual([defaults, true]);
      await consul.kv.put(`${prefix}/db.json`, '{"host": "a"}');
      await until('it is repaired', async () => !config.isStale);
      expect(config.value).toEqual({ db: { port: 1, host: 'a' } });
    });

    it('ends its watches when it is closed, and stays readable', async () => {
      const prefix = newPrefix();
      await consul.kv.put(`${prefix}/a`, '1');
      const config = await ConfigTree.open({ consul, prefix });
      const watching = Array.fromAsync(config.watch());
      await config.close();
      expect((await watching).length).toBeLessThan(2);
      expect(config.get('a')).toBe(1);
    });
  });
}
