import { describe, expect, it } from 'vitest';
import { ConsulClient, register } from '../../../src/index.ts';
import { FakeApp } from '../../support/registration-app.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`on ${kind.name}, an app that registers itself`, () => {
    const registry = useRegistry(kind.start);

    it('is in the catalog with a health check for as long as its block lasts', async () => {
      await using app = await FakeApp.start();
      const { port } = app;
      const tags = ['api', 'v1'];
      {
        await using registration = await register({
          consul: registry.consul,
          name: 'orders',
          port,
          tags,
          meta: { version: '1.4.2' },
          address: '127.0.0.1',
        });
        expect(registration.status()).toMatchObject({ state: 'registered', id: `orders-127.0.0.1-${port}` });
        const [entry] = (await registry.consul.health.service('orders')).value;
        expect(entry?.service).toMatchObject({ port, tags });
        expect(entry?.service.meta.get('version')).toBe('1.4.2');
        expect(entry?.checks.some(({ serviceId }) => serviceId === `orders-127.0.0.1-${port}`)).toBe(true);
        await registry.consul.agent.deregister(`orders-127.0.0.1-${port}`);
        await registration.setMaintenance({ reason: 'it is seen that it is gone' });
        await until('it is back', async () => (await registry.consul.health.service('orders')).value.length === 1);
      }
      expect((await registry.consul.health.service('orders')).value).toEqual([]);
    });

    it('that may not be registered so is told which rule it breaks', async () => {
      const meta = { 'not a key': '1' };
      await expect(
        register({ consul: registry.consul, name: 'orders', port: 1, address: '127.0.0.1', meta }),
      ).rejects.toMatchObject({
        code: 'invalid_registration',
      });
    });
  });
}

it('an app starts without Consul, and tries on', async () => {
  await using consul = new ConsulClient({ address: 'http://127.0.0.1:1' });
  await using registration = await register({ consul, name: 'orders', port: 1, address: '127.0.0.1', waitMs: 50 });
  expect(registration.status()).toMatchObject({ state: 'registering', isWanted: true });
});
