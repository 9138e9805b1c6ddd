import assert from 'node:assert/strict';
import { ask, type ConsulCase, eventually, uniqueName } from './consul-case.ts';

/** Long enough that an answer before it means "woken", and one after it "not woken". */
const WAIT_MS = 20_000;
const SHORT_WAIT_MS = 400;

/** Blocking reads: when they wait, when they wake, and what their index is. */
export const blockingCases: readonly ConsulCase[] = [
  {
    name: 'a read without an index, or with index 0, does not block',
    async run(client, address) {
      const service = uniqueName('never');
      const answer = await client.health.service(service);
      assert.ok((answer.meta.index ?? 0) >= 1, `index ${answer.meta.index}`);
      for (const query of ['index=0&wait=20s', 'index=&wait=20s', 'wait=20s']) {
        const startedMs = performance.now();
        assert.equal((await ask(address, `health/service/${service}?${query}`)).status, 200);
        assert.ok(performance.now() - startedMs < 10_000, `${query} blocked`);
      }
    },
  },
  {
    name: 'a wait without a unit and an index that is no number are refused',
    async run(_client, address) {
      const wait = await ask(address, 'health/service/x?index=1&wait=10');
      assert.equal(wait.status, 400);
      assert.match(wait.text, /Invalid wait time/);
      const index = await ask(address, 'health/service/x?index=abc');
      assert.equal(index.status, 400);
      assert.match(index.text, /Invalid index/);
    },
  },
  {
    name: 'a blocking read returns the same index when its wait ends without a change',
    async run(client) {
      const id = uniqueName('quiet');
      await client.agent.register({ name: id, port: 1 });
      const before = await eventually(
        () => client.health.service(id),
        ({ value }) => assert.equal(value.length, 1),
      );
      const after = await client.health.service(id, { index: before.meta.index, waitMs: SHORT_WAIT_MS });
      assert.equal(after.meta.index, before.meta.index);
      assert.deepEqual(after.value, before.value);
      await client.agent.deregister(id);
    },
  },
  {
    name: 'the index is never below 1',
    async run(_client, address) {
      for (const path of ['health/service/nobody', 'catalog/services', 'catalog/nodes', 'kv/nothing?recurse']) {
        const { headers } = await ask(address, path);
        assert.ok(Number(headers.get('x-consul-index')) >= 1, path);
      }
    },
  },
  {
    name: 'a health read of a service wakes for its definition and its checks',
    async run(client) {
      const id = uniqueName('wakes');
      const check = `check-${id}`;
      await client.agent.register({
        name: id,
        port: 1,
        checks: [{ id: check, probe: { kind: 'ttl', ttlMs: 60_000 } }],
      });
      let index = (
        await eventually(
          () => client.health.service(id),
          ({ value }) => assert.equal(value.length, 1),
        )
      ).meta.index;
      const steps: [string, () => Promise<unknown>, (seen: string) => boolean][] = [
        ['check', () => client.agent.checks.pass(check), (seen) => seen.includes('passing')],
        ['definition', () => client.agent.register({ name: id, port: 2 }), (seen) => seen.includes('port 2')],
        ['gone', () => client.agent.deregister(id), (seen) => seen === ''],
      ];
      for (const [what, act, done] of steps) {
        let seen = 'nothing';
        const woken = (async () => {
          for (let round = 0; round < 10 && !done(seen); round++) {
            const answer = await client.health.service(id, { index, waitMs: WAIT_MS });
            seen = answer.value
              .map((entry) => `port ${entry.service.port} ${entry.checks.find(({ id }) => id === check)?.status}`)
              .join();
            index = answer.meta.index;
          }
        })();
        await act();
        await woken;
        assert.ok(done(seen), `${what}: ${seen}`);
      }
    },
  },
  {
    name: 'a health read of a service does not wake for another service or an identical registration',
    async run(client) {
      const [id, other] = [uniqueName('calm'), uniqueName('loud')];
      await client.agent.register({ name: id, port: 1 });
      const before = await eventually(
        () => client.health.service(id),
        ({ value }) => assert.equal(value.length, 1),
      );
      const read = client.health.service(id, { index: before.meta.index, waitMs: 1_000 });
      await client.agent.register({ name: other, port: 1 });
      await client.agent.register({ name: id, port: 1 });
      await client.agent.deregister(other);
      assert.equal((await read).meta.index, before.meta.index);
      await client.agent.deregister(id);
    },
  },
  {
    name: 'the deregistration of the last instance moves the index on and wakes',
    async run(client) {
      const id = uniqueName('last');
      await client.agent.register({ name: id, port: 1 });
      const before = await eventually(
        () => client.health.service(id),
        ({ value }) => assert.equal(value.length, 1),
      );
      const read = client.health.service(id, { index: before.meta.index, waitMs: WAIT_MS });
      await client.agent.deregister(id);
      const after = await read;
      assert.deepEqual(after.value, []);
      assert.ok((after.meta.index ?? 0) > (before.meta.index ?? 0));
    },
  },
  {
    name: 'the catalog read of a service is blind to its checks',
    async run(client) {
      const id = uniqueName('blind');
      const check = `check-${id}`;
      await client.agent.register({
        name: id,
        port: 1,
        checks: [{ id: check, probe: { kind: 'ttl', ttlMs: 60_000 } }],
      });
      await eventually(
        () => client.health.checks(id),
        ({ value }) => assert.equal(value.length, 1),
      );
      // A flip raises the index though it wakes nobody, so a read that arrives after it returns at once: try again.
      const sleptThrough = async (status: 'passing' | 'warning') => {
        const { index } = (await client.catalog.service(id)).meta;
        const startedMs = performance.now();
        const read = client.catalog.service(id, { index, waitMs: SHORT_WAIT_MS });
        await new Promise((resolve) => setTimeout(resolve, SHORT_WAIT_MS / 4));
        await client.agent.checks.update(check, status);
        await read;
        return performance.now() - startedMs >= SHORT_WAIT_MS;
      };
      const once =
        (await sleptThrough('passing')) || (await sleptThrough('warning')) || (await sleptThrough('passing'));
      assert.ok(once, 'it woke for every flip');
      await client.agent.deregister(id);
    },
  },
  {
    name: 'one service of the agent blocks by a hash of its content',
    async run(client, address) {
      const id = uniqueName('hash');
      await client.agent.register({ name: id, port: 1 });
      const { value, meta } = await client.agent.service(id);
      assert.equal(meta.contentHash, value.contentHash);
      assert.notEqual(value.contentHash, '');
      const same = await client.agent.service(id, { hash: value.contentHash, waitMs: SHORT_WAIT_MS });
      assert.equal(same.value.contentHash, value.contentHash);
      const read = client.agent.service(id, { hash: value.contentHash, waitMs: WAIT_MS });
      await client.agent.register({ name: id, port: 2 });
      assert.equal((await read).value.port, 2);
      const wrong = await client.agent.service(id, { hash: 'deadbeef', waitMs: WAIT_MS });
      assert.equal(wrong.value.port, 2);
      await client.agent.deregister(id);
      assert.equal((await ask(address, `agent/service/${id}`)).status, 404);
    },
  },
  {
    name: 'a cached read says so in its headers, and cached or stale with consistent is refused',
    async run(client, address) {
      const id = uniqueName('cached');
      const first = await client.health.service(id, { consistency: 'cached' });
      assert.ok(first.meta.cache === 'hit' || first.meta.cache === 'miss');
      const second = await client.health.service(id, { consistency: 'cached' });
      assert.equal(second.meta.cache, 'hit');
      assert.equal(second.meta.ageMs, 0);
      assert.equal((await ask(address, `health/service/${id}?stale&consistent`)).status, 400);
      assert.equal((await ask(address, `health/service/${id}?cached&consistent`)).status, 400);
    },
  },
  {
    name: 'a watch yields each real change once, and ends when it is aborted',
    async run(client) {
      const id = uniqueName('watched');
      const check = `check-${id}`;
      const ended = new AbortController();
      const seen: string[] = [];
      await client.agent.register({
        name: id,
        port: 1,
        checks: [{ id: check, probe: { kind: 'ttl', ttlMs: 60_000 } }],
      });
      await eventually(
        () => client.health.checks(id),
        ({ value }) => assert.equal(value.length, 1),
      );
      for await (const { value } of client.health.watchService(id, { signal: ended.signal })) {
        const own = value.flatMap((entry) => entry.checks.filter(({ id }) => id === check));
        seen.push(own.map(({ status }) => status).join());
        if (seen.length === 1) await client.agent.checks.pass(check, { output: 'well' });
        if (seen.length === 2) {
          // The output alone is no change.
          await client.agent.checks.pass(check, { output: 'still well' });
          await client.agent.checks.warn(check);
        }
        if (seen.length === 3) await client.agent.deregister(id);
        if (seen.length === 4) ended.abort();
      }
      assert.deepEqual(seen, ['critical', 'passing', 'warning', '']);
    },
  },
];
