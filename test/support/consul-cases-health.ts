import assert from 'node:assert/strict';
import { addressOf, healthOf, weightOf } from '../../src/consul/health-status.ts';
import { ask, type ConsulCase, eventually, uniqueName } from './consul-case.ts';

const TTL = { kind: 'ttl', ttlMs: 60_000 } as const;

/** How instances are told: where they are, how they are, and which are chosen. */
export const healthCases: readonly ConsulCase[] = [
  {
    name: 'an instance without an address is at its node; without checks it passes',
    async run(client) {
      const id = uniqueName('at-node');
      await client.agent.register({ name: id, port: 1 });
      const [entry] = (
        await eventually(
          () => client.health.service(id),
          ({ value }) => assert.equal(value.length, 1),
        )
      ).value;
      assert.ok(entry !== undefined);
      assert.equal(addressOf(entry), entry.node.address);
      assert.equal(healthOf(entry.checks), 'passing');
      assert.equal(weightOf(entry), 1);
      await client.agent.deregister(id);
    },
  },
  {
    name: 'the agent’s own view of a service follows its worst check, and is undefined for none',
    async run(client, address) {
      const id = uniqueName('view');
      const check = `check-${id}`;
      await client.agent.register({ name: id, checks: [{ id: check, probe: TTL }] });
      for (const [act, status, code] of [
        ['pass', 'passing', 200],
        ['warn', 'warning', 429],
        ['fail', 'critical', 503],
      ] as const) {
        await client.agent.checks[act](check);
        assert.equal((await client.agent.serviceHealth(id))?.status, status);
        assert.equal((await client.agent.serviceHealthByName(id))[0]?.status, status);
        const text = await ask(address, `agent/health/service/id/${id}?format=text`);
        assert.equal(text.status, code);
        assert.equal(text.text.replaceAll('"', '').trim(), status);
      }
      await client.agent.deregister(id);
      assert.equal(await client.agent.serviceHealth(id), undefined);
      assert.deepEqual(await client.agent.serviceHealthByName(id), []);
    },
  },
  {
    name: 'instances are chosen by all of their tags, whatever the case, and by passing',
    async run(client, address) {
      const name = uniqueName('tagged');
      await client.agent.register({ id: `${name}-1`, name, tags: ['V2', 'eu'] });
      await client.agent.register({ id: `${name}-2`, name, tags: ['v2'], checks: [{ id: `c-${name}`, probe: TTL }] });
      const ids = async (options: { tags?: string[]; passing?: boolean }) =>
        (await client.health.service(name, options)).value.map((entry) => entry.service.id).sort();
      await eventually(
        () => ids({}),
        (all) => assert.equal(all.length, 2),
      );
      assert.deepEqual(await ids({ tags: ['v2'] }), [`${name}-1`, `${name}-2`]);
      assert.deepEqual(await ids({ tags: ['v2', 'EU'] }), [`${name}-1`]);
      assert.deepEqual(await ids({ passing: true }), [`${name}-1`]);
      assert.equal((await ask(address, `health/service/${name}?passing=junk`)).status, 400);
      await client.agent.deregister(`${name}-1`);
      await client.agent.deregister(`${name}-2`);
    },
  },
  {
    name: 'names and tags are listed in the catalog, and the agent tells who it is',
    async run(client) {
      const name = uniqueName('listed');
      await client.agent.register({ name, tags: ['x'], port: 5 });
      await eventually(
        () => client.catalog.services(),
        ({ value }) => assert.deepEqual(value.get(name), ['x']),
      );
      const self = await client.agent.self();
      const node = (await client.catalog.node(self.nodeName)).value;
      assert.ok(node?.services.some((service) => service.name === name));
      assert.ok((await client.catalog.nodes()).value.some((each) => each.name === self.nodeName));
      assert.ok((await client.catalog.datacenters()).includes(self.datacenter));
      assert.ok((await client.agent.members()).some((member) => member.name === self.nodeName));
      assert.match((await client.status.leader()) ?? '', /:\d+$/);
      assert.equal((await client.catalog.node(uniqueName('no-node'))).value, undefined);
      await client.agent.deregister(name);
    },
  },
];
