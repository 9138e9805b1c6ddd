import assert from 'node:assert/strict';
import { ConsulError } from '../../src/consul/consul-error.ts';
import { healthOf } from '../../src/consul/health-status.ts';
import { ask, type ConsulCase, eventually, uniqueName } from './consul-case.ts';

const TTL = { kind: 'ttl', ttlMs: 60_000 } as const;

async function refusal(act: Promise<unknown>): Promise<ConsulError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConsulError, `not refused: ${error}`);
  return error;
}

/** Registration, checks and maintenance at the agent. */
export const agentCases: readonly ConsulCase[] = [
  {
    name: 'changes need PUT; anything else is 405 with Allow',
    async run(_client, address) {
      const answer = await ask(address, 'agent/service/register');
      assert.equal(answer.status, 405);
      assert.match(answer.headers.get('allow') ?? '', /PUT/);
    },
  },
  {
    name: 'keys of a registration may be in any case, and unknown fields are refused',
    async run(client, address) {
      const id = uniqueName('case');
      const put = (body: unknown) =>
        ask(address, 'agent/service/register', { method: 'PUT', body: JSON.stringify(body) });
      assert.equal((await put({ name: id, PORT: 7 })).status, 200);
      assert.equal((await client.agent.service(id)).value.port, 7);
      await client.agent.deregister(id);
      assert.equal((await put({ Name: id, Nonsense: 1 })).status, 400);
    },
  },
  {
    name: 'a registered service comes back as it was registered',
    async run(client) {
      const id = uniqueName('whole');
      await client.agent.register({
        id,
        name: `${id}-name`,
        tags: ['b', 'a'],
        address: '10.9.8.7',
        port: 4711,
        meta: new Map([['version', '1.4.2']]),
        taggedAddresses: new Map([['wan', { address: '1.2.3.4', port: 80 }]]),
        weights: { passing: 10, warning: 0 },
        enableTagOverride: true,
      });
      const { value } = await client.agent.service(id);
      assert.equal(value.name, `${id}-name`);
      assert.deepEqual(value.tags, ['b', 'a']);
      assert.equal(value.address, '10.9.8.7');
      assert.equal(value.port, 4711);
      assert.equal(value.meta.get('version'), '1.4.2');
      assert.deepEqual(value.taggedAddresses.get('wan'), { address: '1.2.3.4', port: 80 });
      assert.deepEqual(value.weights, { passing: 10, warning: 0 });
      assert.equal(value.enableTagOverride, true);
      assert.ok((await client.agent.services()).has(id));
      await client.agent.deregister(id);
    },
  },
  {
    name: 'the id defaults to the name, tags and meta may be missing, weights are 1 and 1',
    async run(client) {
      const id = uniqueName('bare');
      await client.agent.register({ name: id });
      const [entry] = (
        await eventually(
          () => client.health.service(id),
          ({ value }) => assert.equal(value.length, 1),
        )
      ).value;
      assert.equal(entry?.service.id, id);
      assert.deepEqual(entry?.service.tags, []);
      assert.equal(entry?.service.meta.size, 0);
      assert.deepEqual(entry?.service.weights, { passing: 1, warning: 1 });
      assert.equal(entry?.service.port, 0);
      await client.agent.deregister(id);
    },
  },
  {
    name: 'unspecified addresses, bad meta and bad weights are refused with Consul’s reason',
    async run(client) {
      const name = uniqueName('bad');
      for (const bad of [
        { name, address: '0.0.0.0' },
        { name, address: '::' },
        { name, meta: { 'a b': 'x' } },
        { name, meta: { key: 'x'.repeat(513) } },
        { name, meta: { 'consul-x': 'y' } },
        { name, weights: { passing: 0, warning: 1 } },
        { name, checks: [{ probe: TTL, id: 'x' }, { probe: { kind: 'script', args: [], intervalMs: 0 } }] as const },
      ]) {
        const error = await refusal(client.agent.register(bad));
        assert.equal(error.kind, 'BadRequest', JSON.stringify(bad));
        assert.notEqual(error.consulText, '');
      }
      assert.deepEqual((await client.health.service(name)).value, []);
    },
  },
  {
    name: 'check ids default to the service’s id, numbered when there are several; the first status is critical',
    async run(client) {
      const [one, two] = [uniqueName('one'), uniqueName('two')];
      await client.agent.register({ name: one, checks: [{ probe: TTL }] });
      await client.agent.register({ name: two, checks: [{ probe: TTL }, { probe: TTL, status: 'passing' }] });
      const checks = await client.agent.checks.list();
      assert.equal(checks.get(`service:${one}`)?.status, 'critical');
      assert.equal(checks.get(`service:${two}:1`)?.status, 'critical');
      assert.equal(checks.get(`service:${two}:2`)?.status, 'passing');
      await client.agent.deregister(one);
      await client.agent.deregister(two);
    },
  },
  {
    name: 'registering again keeps checks and their status, unless they are to be replaced',
    async run(client) {
      const id = uniqueName('again');
      const [kept, added] = [`kept-${id}`, `added-${id}`];
      await client.agent.register({ name: id, checks: [{ id: kept, probe: TTL }] });
      await client.agent.checks.pass(kept);
      await client.agent.register({ name: id, checks: [{ id: added, probe: TTL }] });
      let checks = await client.agent.checks.list();
      assert.equal(checks.get(kept)?.status, 'passing');
      assert.equal(checks.get(added)?.status, 'critical');
      await client.agent.register({ name: id, checks: [{ id: added, probe: TTL }] }, { replaceExistingChecks: true });
      checks = await client.agent.checks.list();
      assert.equal(checks.has(kept), false);
      assert.equal(checks.has(added), true);
      await client.agent.deregister(id);
    },
  },
  {
    name: 'a TTL check takes pass, warn and fail with their output; an unknown one is not found',
    async run(client) {
      const id = uniqueName('ttl');
      const check = `check-${id}`;
      await client.agent.register({ name: id, checks: [{ id: check, probe: TTL }] });
      for (const [act, status] of [
        ['pass', 'passing'],
        ['warn', 'warning'],
        ['fail', 'critical'],
      ] as const) {
        await client.agent.checks[act](check, { output: `now ${status}` });
        const seen = (await client.agent.checks.list()).get(check);
        assert.equal(seen?.status, status);
        assert.equal(seen?.output, `now ${status}`);
      }
      await client.agent.deregister(id);
      assert.equal((await refusal(client.agent.checks.pass(check))).kind, 'NotFound');
    },
  },
  {
    name: 'a check registered on its own belongs to its service, and can be taken away',
    async run(client) {
      const id = uniqueName('own');
      const check = `check-${id}`;
      await client.agent.register({ name: id });
      await client.agent.checks.register({ id: check, name: 'own', serviceId: id, probe: TTL });
      assert.equal((await client.agent.checks.list()).get(check)?.serviceId, id);
      await client.agent.checks.deregister(check);
      assert.equal((await client.agent.checks.list()).has(check), false);
      await client.agent.deregister(id);
    },
  },
  {
    name: 'deregistering what is not there is no error',
    async run(client) {
      await client.agent.deregister(uniqueName('nobody'));
    },
  },
  {
    name: 'maintenance adds a critical check with the reason, and ends',
    async run(client) {
      const id = uniqueName('maint');
      await client.agent.register({ name: id, port: 1 });
      await client.agent.maintainService(id, true, { reason: 'new disk' });
      const { value } = await eventually(
        () => client.health.service(id),
        (answer) => assert.equal(healthOf(answer.value[0]?.checks ?? []), 'maintenance'),
      );
      const check = value[0]?.checks.find((each) => each.id === `_service_maintenance:${id}`);
      assert.equal(check?.status, 'critical');
      assert.match(`${check?.notes} ${check?.output}`, /new disk/);
      assert.equal((await client.agent.serviceHealth(id))?.status, 'maintenance');
      await client.agent.maintainService(id, false);
      await eventually(
        () => client.health.service(id),
        (answer) => assert.equal(healthOf(answer.value[0]?.checks ?? []), 'passing'),
      );
      await client.agent.deregister(id);
    },
  },
];
