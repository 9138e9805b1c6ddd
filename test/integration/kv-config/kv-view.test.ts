import { describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { KvView } from '../../../src/kv-config/kv-view.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`on ${kind.name}, the view`, () => {
    const registry = useRegistry(kind.start);

    const text = (seen: { readonly entry: { readonly value: Buffer } | undefined }) => seen.entry?.value.toString();

    it('sees what others write, and at once what was written through it', async () => {
      await using view = new KvView({ consul: registry.consul, clock: systemClock });
      expect((await view.get('v/a')).entry).toBeUndefined();
      expect(await view.put('v/a', 'one')).toBe(true);
      expect(text(await view.get('v/a'))).toBe('one');
      await registry.consul.kv.put('v/a', 'two');
      await until('it is seen', async () => text(await view.get('v/a')) === 'two');
      for (let round = 0; round < 30; round++) {
        await view.put('v/a', String(round));
        expect(text(await view.get('v/a'))).toBe(String(round));
      }
      expect(await view.put('v/a', 'x', { cas: 1 })).toBe(false);
      expect(await view.delete('v/a')).toBe(true);
      expect((await view.get('v/a')).entry).toBeUndefined();
    });

    it('tells followers each change of a key, its coming and its going', async () => {
      await using view = new KvView({ consul: registry.consul, clock: systemClock });
      const stop = new AbortController();
      const seen: (string | undefined)[] = [];
      for await (const each of view.watch('v/b', stop.signal)) {
        seen.push(text(each));
        if (seen.length === 1) await view.put('v/b', 'one');
        if (seen.length === 2) await registry.consul.kv.put('v/b', 'two');
        if (seen.length === 3) await view.delete('v/b');
        if (seen.length === 4) break;
      }
      expect(seen).toEqual([undefined, 'one', 'two', undefined]);
    });

    it('watches no more keys than it may, reads the others each time, and says when nobody more can follow', async () => {
      await using view = new KvView({ consul: registry.consul, clock: systemClock, maxKeys: 2 });
      for (let index = 0; index < 20; index++) {
        await registry.consul.kv.put(`v/many/${index}`, String(index));
        expect(text(await view.get(`v/many/${index}`))).toBe(String(index));
      }
      expect(view.watchedCount).toBe(2);
      expect(() => view.watch('v/one-more', new AbortController().signal)).toThrow('2 keys are watched already');
    });
  });
}

it('what was seen once can be read while Consul is gone, and is told as stale', async () => {
  const [kind] = registryKinds;
  const registry = await kind?.start();
  await using consul = new ConsulClient({ address: registry?.address });
  await using view = new KvView({ consul, clock: systemClock });
  await view.put('v/kept', 'value');
  expect(await view.get('v/kept')).toMatchObject({ isStale: false });
  await registry?.[Symbol.asyncDispose]();
  await until('it is stale', async () => (await view.get('v/kept')).isStale);
  expect((await view.get('v/kept')).entry?.value.toString()).toBe('value');
  await expect(view.get('v/never-seen')).rejects.toMatchObject({ code: 'consul_unreachable' });
  await expect(view.put('v/kept', 'x')).rejects.toMatchObject({ code: 'consul_unreachable' });
});
