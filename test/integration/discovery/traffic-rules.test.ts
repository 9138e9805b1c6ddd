import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { registryKinds, type TestRegistry } from '../../support/registries.ts';
import { RuledProxy } from '../../support/ruled-proxy.ts';

const SUBSETS = {
  v1: { Filter: 'Service.Meta.version == v1' },
  v2: { Filter: '"v2" in Service.Tags' },
};

describe.skipIf(consulBin === undefined)('traffic rules of a Consul with Connect', () => {
  let agent: RealConsul;
  let ruled: RuledProxy;

  beforeEach(async () => {
    agent = await RealConsul.start({ config: { connect: { enabled: true } } });
    ruled = await RuledProxy.start(agent.address);
    await ruled.rule('service-defaults', 'web', { Protocol: 'http' });
  });

  afterEach(async () => {
    await ruled[Symbol.asyncDispose]();
    await agent[Symbol.asyncDispose]();
  });

  const split = (v1: number, v2: number) =>
    ruled.rule('service-splitter', 'web', {
      Splits: [
        { Weight: v1, ServiceSubset: 'v1' },
        { Weight: v2, ServiceSubset: 'v2' },
      ],
    });

  it('follow a 90/10 splitter within 1 % over 20,000 requests, from the first on', async () => {
    await ruled.instance('web', 'v1');
    await ruled.instance('web', 'v2');
    await ruled.rule('service-resolver', 'web', { Subsets: SUBSETS });
    await split(90, 10);
    const share = await ruled.share('/web/', 20_000);
    expect([...share.keys()].toSorted()).toEqual(['web v1', 'web v2']);
    expect(Math.abs((share.get('web v1') ?? 0) / 20_000 - 0.9)).toBeLessThan(0.01);
  });

  it('follow a splitter that changes, without a failed request', async () => {
    await ruled.instance('web', 'v1');
    await ruled.instance('web', 'v2');
    await ruled.rule('service-resolver', 'web', { Subsets: SUBSETS });
    await split(100, 0);
    expect([...(await ruled.share('/web/', 200)).keys()]).toEqual(['web v1']);
    const changed = split(0, 100);
    const during = await ruled.share('/web/', 500);
    await changed;
    expect([...during.keys()].every((who) => /^web v[12]$/.test(who))).toBe(true);
    await expect.poll(async () => [...(await ruled.share('/web/', 50)).keys()]).toEqual(['web v2']);
    await ruled.consul.config.delete('service-splitter', 'web');
    await expect.poll(async () => (await ruled.share('/web/', 50)).size).toBe(2);
  });

  it('follow routes by path, field, parameter and method, and their rewrites, on a cold call too', async () => {
    await ruled.instance('web', 'v1');
    await ruled.instance('web', 'v2');
    await ruled.instance('admin', 'v1');
    await ruled.rule('service-defaults', 'admin', { Protocol: 'http' });
    await ruled.rule('service-resolver', 'web', { DefaultSubset: 'v1', Subsets: SUBSETS });
    const route = (HTTP: object, Destination: object) => ({ Match: { HTTP }, Destination });
    await ruled.rule('service-router', 'web', {
      Routes: [
        route({ PathPrefix: '/admin/' }, { Service: 'admin', PrefixRewrite: '/' }),
        route({ PathExact: '/exact' }, { ServiceSubset: 'v2', PrefixRewrite: '/other' }),
        route({ PathRegex: '/items/[0-9]+' }, { ServiceSubset: 'v2' }),
        route({ Header: [{ Name: 'X-Canary', Exact: '1' }] }, { ServiceSubset: 'v2' }),
        route({ QueryParam: [{ Name: 'canary', Present: true }] }, { ServiceSubset: 'v2' }),
      ],
    });
    const asked = async (target: string, headers = {}) => {
      const { who, path } = await ruled.get(target, headers);
      return `${who} ${path}`;
    };
    expect(await asked('/web/admin/users?x=1')).toBe('admin v1 /users?x=1');
    expect(await asked('/web/exact?x=1')).toBe('web v2 /other?x=1');
    expect(await asked('/web/exactly')).toBe('web v1 /exactly');
    expect(await asked('/web/items/12')).toBe('web v2 /items/12');
    expect(await asked('/web/items/12a')).toBe('web v1 /items/12a');
    expect(await asked('/web/', { 'x-canary': '1' })).toBe('web v2 /');
    expect(await asked('/web/', { 'x-canary': '2' })).toBe('web v1 /');
    expect(await asked('/web/?canary')).toBe('web v2 /?canary');
  });

  it('follow a redirect to another service, though the name itself is in no catalog', async () => {
    await ruled.instance('web', 'v1');
    await ruled.rule('service-defaults', 'shop', { Protocol: 'http' });
    await ruled.rule('service-resolver', 'shop', { Redirect: { Service: 'web' } });
    expect(await ruled.get('/shop/x')).toEqual({ status: 200, who: 'web v1', path: '/x' });
  });

  it('follow a failover to another subset, and back', async () => {
    await ruled.instance('web', 'v1');
    await ruled.rule('service-resolver', 'web', {
      DefaultSubset: 'v2',
      Subsets: SUBSETS,
      Failover: { v2: { ServiceSubset: 'v1' } },
    });
    await expect.poll(async () => (await ruled.get('/web/')).who).toBe('web v1');
    await ruled.instance('web', 'v2');
    await expect.poll(async () => (await ruled.get('/web/')).who).toBe('web v2');
  });

  it('answer 503, not 404, for a subset that nobody is in', async () => {
    await ruled.instance('web', 'v1');
    await ruled.rule('service-resolver', 'web', { DefaultSubset: 'v2', Subsets: SUBSETS });
    expect((await ruled.get('/web/')).status).toBe(503);
  });

  it('leave a name with a tag alone', async () => {
    await ruled.instance('web', 'v1');
    await ruled.instance('web', 'v2');
    await ruled.rule('service-resolver', 'web', { DefaultSubset: 'v2', Subsets: SUBSETS });
    expect((await ruled.get('/v1.web/')).who).toBe('web v1');
    expect((await ruled.get('/web/')).who).toBe('web v2');
  });
});

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`resolvers on ${kind.name}, whether it compiles chains or not`, () => {
    let registry: TestRegistry;
    let ruled: RuledProxy;

    beforeEach(async () => {
      registry = kind.name === 'a real Consul' ? await withoutConnect() : await kind.start();
      ruled = await RuledProxy.start(registry.address);
    });

    afterEach(async () => {
      await ruled[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    });

    it('choose the default subset, redirect, and fail over', async () => {
      await ruled.instance('web', 'v1');
      await ruled.instance('web', 'v2');
      await ruled.rule('service-resolver', 'web', { DefaultSubset: 'v2', Subsets: SUBSETS });
      await ruled.rule('service-resolver', 'shop', { Redirect: { Service: 'web', ServiceSubset: 'v1' } });
      await ruled.rule('service-resolver', 'mail', { Failover: { '*': { Service: 'web', ServiceSubset: 'v1' } } });
      expect((await ruled.get('/web/')).who).toBe('web v2');
      expect((await ruled.get('/shop/')).who).toBe('web v1');
      await expect.poll(async () => (await ruled.get('/mail/')).who).toBe('web v1');
    });

    it('hold for a port that passes bytes on', async () => {
      await ruled.instance('web', 'v1');
      await ruled.instance('web', 'v2');
      await ruled.rule('service-resolver', 'web', { Subsets: SUBSETS });
      await ruled.rule('service-resolver', 'tcp', { Redirect: { Service: 'web', ServiceSubset: 'v2' } });
      expect(await ruled.getByTcp()).toBe('web v2');
    });

    it('do nothing to services without one', async () => {
      await ruled.instance('web', 'v1');
      await ruled.rule('service-resolver', 'shop', { Redirect: { Service: 'web' } });
      expect((await ruled.get('/web/')).who).toBe('web v1');
      expect((await ruled.get('/nobody/')).status).toBe(404);
    });
  });
}

/** An agent in development mode has Connect on. */
function withoutConnect(): Promise<RealConsul> {
  return RealConsul.start({ persistent: true, config: { connect: { enabled: false } } });
}
