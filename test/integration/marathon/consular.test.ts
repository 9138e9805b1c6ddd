import { describe, expect, test } from 'vitest';
import { BridgeStage, type BridgeStageOptions } from '../../support/marathon-bridge-stage.ts';
import { type RegistryKind, registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

/*
 * What Consular did, row by row, and the test of each. Its HTTP, its subscription and its command line are in
 * callback-listener, event-subscription and the tests of the command.
 *
 * statuses      "a task that runs is registered", "a status means": every status of Marathon's, one by one
 * on RUNNING    "a task that runs is registered", "an app that Marathon has not", "labels follow the app"
 * registration  "the registration is letter for letter Consular's", "the lowest of several ports"
 * name          "slashes in an app id become dashes"
 * tags          "services of others stay, however much they look like own ones"
 * labels        "labels follow the app", "an app's labels are not those of an app whose name begins the same"
 * sync          "what fails for one app keeps nothing from another"
 * clash         "of two ids that become one name neither is registered", "a clash is seen on an event too"
 * purge         "a sync takes away what does not run any more", "an empty answer takes nothing away"
 * fallback      "a host without an agent": register and deregister
 */

let ids = 0;

for (const kind of registryKinds.filter(({ isHere }) => isHere)) {
  describe(`as Consular, with ${kind.name}`, () => {
    const registry = useRegistry(kind.start);

    /** A bridge of its own registration id on the registry that all tests share. */
    async function stage(options: BridgeStageOptions = {}): Promise<BridgeStage & { id: string }> {
      ids += 1;
      const id = `reg-${ids}`;
      const { address } = registry;
      const shared: RegistryKind = {
        ...kind,
        start: async () => ({ address, [Symbol.asyncDispose]: async () => undefined }),
      };
      const made = await BridgeStage.start(shared, {
        ...options,
        settings: { registrationId: id, ...options.settings },
      });
      return Object.assign(made, { id });
    }

    const running = (appId: string, taskId: string, more: object = {}) => ({
      eventType: 'status_update_event',
      timestamp: '2026-01-01T00:00:00.000Z',
      ...{ appId, taskId, taskStatus: 'TASK_RUNNING', host: '127.0.0.1', ports: [31_234], version: 'v', ...more },
    });

    test('the registration is letter for letter Consular’s', async () => {
      await using it = await stage();
      const [task] = it.marathon.deploy({ id: `/my/app${it.id}` });
      await it.run();
      expect(it.registrations).toEqual([
        {
          Name: `my-app${it.id}`,
          ID: task?.id,
          Address: '127.0.0.1',
          Tags: [`consular-reg-id=${it.id}`, `consular-app-id=/my/app${it.id}`],
          Port: task?.ports[0],
        },
      ]);
    });

    test('a task without ports is registered without one, and the lowest of several ports with a warning', async () => {
      await using it = await stage();
      it.marathon.deploy({ id: `/none-${it.id}`, ports: [] });
      const [task] = it.marathon.deploy({ id: `/many-${it.id}`, ports: [{}, {}, {}] });
      await it.run();
      const [none, many] = it.registrations.toSorted(
        (a, b) => ('Port' in (a as object) ? 1 : 0) - ('Port' in (b as object) ? 1 : 0),
      );
      expect(none).not.toHaveProperty('Port');
      expect(many).toHaveProperty('Port', Math.min(...(task?.ports ?? [])));
      expect(it.told('warning').map(({ appId }) => appId)).toEqual([`/many-${it.id}`]);
    });

    test('a task with an address of its own is registered there, at the agent of its host', async () => {
      await using it = await stage();
      const [task] = it.marathon.deploy({
        id: `/own-${it.id}`,
        network: 'container',
        ports: [{ containerPort: 8080, onHost: false }],
      });
      await it.run();
      expect(it.registrations).toMatchObject([{ Address: task?.ip, Port: 8080 }]);
    });

    test('a task that runs is registered by its event, and its app’s labels are put', async () => {
      await using it = await stage();
      await it.run();
      it.marathon.define({ id: `/web-${it.id}`, labels: { team: 'a' } });
      await it.hear(running(`/web-${it.id}`, `task-${it.id}`));
      expect(it.registrations).toMatchObject([{ ID: `task-${it.id}`, Name: `web-${it.id}`, Port: 31_234 }]);
      expect(await it.labels(`consular/web-${it.id}/`)).toEqual({ [`consular/web-${it.id}/team`]: '"a"' });
    });

    test('a task that runs of an app that Marathon has not is registered, and told', async () => {
      await using it = await stage();
      await it.run();
      await it.hear(running(`/ghost-${it.id}`, `task-${it.id}`));
      expect(it.registrations).toMatchObject([{ ID: `task-${it.id}`, Name: `ghost-${it.id}` }]);
      expect(it.told('app_not_found')).toEqual([{ kind: 'app_not_found', appId: `/ghost-${it.id}` }]);
      await until('it to go', async () => Object.keys(await it.services(it.id)).length === 0);
    });

    test.for([
      'TASK_FINISHED',
      'TASK_FAILED',
      'TASK_KILLED',
      'TASK_LOST',
      'TASK_ERROR',
      'TASK_GONE',
      'TASK_GONE_BY_OPERATOR',
      'TASK_DROPPED',
      'TASK_UNKNOWN',
      'TASK_KILLING',
    ])('a status means that the task goes, without a purge: %s', async (status) => {
      await using it = await stage({ settings: { purge: false } });
      const tasks = it.marathon.deploy({ id: `/web-${it.id}`, instances: 2 });
      await it.run();
      expect(Object.keys(await it.services(it.id))).toHaveLength(2);
      await it.hear(running(`/web-${it.id}`, tasks[0]?.id ?? '', { taskStatus: status }));
      expect(Object.keys(await it.services(it.id))).toEqual([tasks[1]?.id]);
    });

    test('an event that is wrong about the end of a task costs it no more than a moment', async () => {
      await using it = await stage();
      const tasks = it.marathon.deploy({ id: `/web-${it.id}`, instances: 2 });
      await it.run();
      const timestamp = new Date().toISOString();
      await it.hear(running(`/web-${it.id}`, tasks[0]?.id ?? '', { taskStatus: 'TASK_KILLED', timestamp }));
      expect(Object.keys(await it.services(it.id))).toEqual([tasks[1]?.id]);
      await until('it to be back', async () => Object.keys(await it.services(it.id)).length === 2);
    });

    test.for(['TASK_STAGING', 'TASK_STARTING', 'TASK_MADE_UP'])(
      'a status means that nothing changes: %s',
      async (status) => {
        await using it = await stage();
        const [task] = it.marathon.deploy({ id: `/web-${it.id}` });
        await it.run();
        const writes = it.writes.length;
        it.marathon.cluster.move(task?.id ?? '', status);
        await it.hear(running(`/web-${it.id}`, task?.id ?? '', { taskStatus: status }));
        await it.hear(running(`/web-${it.id}`, `other-${it.id}`, { taskStatus: status }));
        expect(it.writes.slice(writes)).toEqual([]);
        const unknown = it.told('unknown_status').map((event) => event.status);
        expect(unknown).toEqual(status === 'TASK_MADE_UP' ? [status] : []);
      },
    );

    test('a status means that the task goes once another runs: TASK_UNREACHABLE', async () => {
      await using it = await stage();
      const [task] = it.marathon.deploy({ id: `/web-${it.id}` });
      await it.run();
      it.marathon.away(task?.id ?? '');
      await it.hear(running(`/web-${it.id}`, task?.id ?? '', { taskStatus: 'TASK_UNREACHABLE' }));
      expect(Object.keys(await it.services(it.id))).toEqual([task?.id]);
      const other = it.marathon.launch(`/web-${it.id}`);
      it.marathon.start(other.id);
      await it.hear(running(`/web-${it.id}`, other.id));
      expect(Object.keys(await it.services(it.id))).toEqual([other.id]);
      it.marathon.back(task?.id ?? '');
      await it.hear(running(`/web-${it.id}`, task?.id ?? ''));
      expect(Object.keys(await it.services(it.id)).toSorted()).toEqual([task?.id, other.id].toSorted());
    });

    test('labels follow the app: JSON texts below its name, and those it has no more go', async () => {
      await using it = await stage();
      const app = `web-${it.id}`;
      it.marathon.deploy({ id: `/${app}`, labels: { team: 'a', 'x y/ü"': 'q"é', gone: 'soon' } });
      await it.run();
      expect(await it.labels(`consular/${app}/`)).toEqual({
        [`consular/${app}/gone`]: '"soon"',
        [`consular/${app}/team`]: '"a"',
        [`consular/${app}/x y/ü"`]: '"q\\"é"',
      });
      it.marathon.update(`/${app}`, { labels: { team: 'b' } });
      await it.hear({ eventType: 'api_post_event', appDefinition: { id: `/${app}` } });
      expect(await it.labels(`consular/${app}/`)).toEqual({ [`consular/${app}/team`]: '"b"' });
    });

    test('an app’s labels are not those of an app whose name begins the same', async () => {
      await using it = await stage();
      const app = `my-app-${it.id}`;
      it.marathon.deploy({ id: `/${app}`, labels: { a: '1' } });
      it.marathon.deploy({ id: `/${app}-2`, labels: { b: '2' } });
      await it.run();
      it.marathon.update(`/${app}`, { labels: {} });
      await it.sync();
      expect(await it.labels(`consular/${app}`)).toEqual({ [`consular/${app}-2/b`]: '"2"' });
      it.marathon.destroy(`/${app}`);
      await it.sync();
      expect(await it.labels(`consular/${app}`)).toEqual({ [`consular/${app}-2/b`]: '"2"' });
    });

    test('labels of another bridge, and keys that are none, stay', async () => {
      await using it = await stage();
      const prefix = `consular/other-${it.id}`;
      await it.consul.kv.put(`${prefix}/label`, '"theirs"', { flags: 99n });
      await it.consul.kv.put(`${prefix}-b/label`, '"whose"');
      await using lock = await it.consul.lock(`${prefix}-leader/lock`);
      it.marathon.deploy({ id: `/web-${it.id}`, labels: { a: '1' } });
      await it.run();
      it.marathon.destroy(`/web-${it.id}`);
      it.marathon.deploy({ id: `/else-${it.id}` });
      await it.sync();
      expect(Object.keys(await it.labels(`consular/other-${it.id}`))).toEqual([
        `${prefix}-b/label`,
        lock.key,
        `${prefix}/label`,
      ]);
      expect(await it.labels(`consular/web-${it.id}`)).toEqual({});
    });

    test('a label that Consul cannot hold is told, and all others are put', async () => {
      await using it = await stage();
      const app = `web-${it.id}`;
      const labels = { big: 'x'.repeat(600_000), 'a//b': '1', '../up': '2', fine: 'yes' };
      const [task] = it.marathon.deploy({ id: `/${app}`, labels });
      await it.run();
      expect(await it.labels(`consular/${app}/`)).toEqual({ [`consular/${app}/fine`]: '"yes"' });
      expect(Object.keys(await it.services(it.id))).toEqual([task?.id]);
      const failures = it.told('app_failed').flatMap((event) => event.failures);
      expect(failures.map(({ doing, on }) => `${doing} ${on}`).toSorted()).toEqual([
        `put_label consular/${app}/../up`,
        `put_label consular/${app}/a//b`,
        `put_label consular/${app}/big`,
      ]);
      expect(failures.map(({ error }) => error.message).join()).toContain('600002 bytes');
    });

    test('what fails for one app keeps nothing from another, nor from the purge', async () => {
      await using it = await stage();
      const bad = it.marathon.deploy({ id: `/bad-${it.id}`, instances: 2 });
      const gone = it.marathon.deploy({ id: `/gone-${it.id}` });
      await it.run();
      for (const task of [...bad, ...gone]) expect(await it.services(it.id)).toHaveProperty([task.id]);
      it.marathon.destroy(`/gone-${it.id}`);
      it.marathon.deploy({ id: `/good-${it.id}`, instances: 2 });
      const [broken] = it.marathon.deploy({ id: `/broken-${it.id}` });
      // Consul refuses this address.
      if (broken !== undefined) broken.host = '0.0.0.0';
      await it.sync();
      const failed = it.told('app_failed').map(({ appId, failures }) => `${appId} ${failures[0]?.doing}`);
      expect(new Set(failed)).toEqual(new Set([`/broken-${it.id} register`]));
      expect(
        Object.values(await it.services(it.id))
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual([`bad-${it.id}`, `bad-${it.id}`, `good-${it.id}`, `good-${it.id}`]);
    });

    test('of two ids that become one name neither is registered, and all others are', async () => {
      await using it = await stage();
      it.marathon.deploy({ id: `/a/b${it.id}`, labels: { x: '1' } });
      it.marathon.deploy({ id: `/a-b${it.id}`, labels: { x: '2' } });
      const [task] = it.marathon.deploy({ id: `/fine${it.id}` });
      await it.run();
      expect(Object.keys(await it.services(it.id))).toEqual([task?.id]);
      expect(await it.labels(`consular/a-b${it.id}`)).toEqual({});
      expect(it.told('name_clash')).toEqual([
        { kind: 'name_clash', name: `a-b${it.id}`, appIds: [`/a-b${it.id}`, `/a/b${it.id}`] },
      ]);
    });

    test('a clash is seen on an event too, and takes nothing away that runs', async () => {
      await using it = await stage();
      const [first] = it.marathon.deploy({ id: `/a/b${it.id}` });
      await it.run();
      const [second] = it.marathon.deploy({ id: `/a-b${it.id}` });
      await it.hear(running(`/a-b${it.id}`, second?.id ?? ''));
      expect(Object.keys(await it.services(it.id))).toEqual([first?.id]);
      expect(it.told('name_clash').map(({ appIds }) => appIds)).toEqual([[`/a-b${it.id}`, `/a/b${it.id}`]]);
      await it.sync();
      expect(Object.keys(await it.services(it.id))).toEqual([first?.id]);
      it.marathon.destroy(`/a/b${it.id}`);
      await it.sync();
      expect(Object.keys(await it.services(it.id))).toEqual([second?.id]);
    });

    test('what an event ends of a clash puts the other app right, and leaves its labels alone', async () => {
      await using it = await stage();
      const [first] = it.marathon.deploy({ id: `/a/b${it.id}`, labels: { role: 'web' } });
      await it.run();
      const [second] = it.marathon.deploy({ id: `/a-b${it.id}`, labels: { other: 'x' } });
      await it.hear(running(`/a-b${it.id}`, second?.id ?? ''));
      const third = it.marathon.launch(`/a/b${it.id}`);
      it.marathon.start(third.id);
      await it.hear(running(`/a/b${it.id}`, third.id));
      expect(Object.keys(await it.services(it.id))).toEqual([first?.id]);
      const label = { [`consular/a-b${it.id}/role`]: '"web"' };
      it.marathon.destroy(`/a-b${it.id}`);
      await it.hear({
        eventType: 'app_terminated_event',
        appId: `/a-b${it.id}`,
        timestamp: '2026-01-01T00:00:01.000Z',
      });
      expect(await it.labels(`consular/a-b${it.id}`)).toEqual(label);
      expect(Object.keys(await it.services(it.id)).toSorted()).toEqual([first?.id, third.id].toSorted());
    });

    test('a sync takes away what does not run any more, with the labels of apps that are gone', async () => {
      await using it = await stage();
      const tasks = it.marathon.deploy({ id: `/web-${it.id}`, instances: 4 });
      it.marathon.deploy({ id: `/old-${it.id}`, labels: { a: '1' } });
      await it.run();
      it.marathon.fail(tasks[0]?.id ?? '');
      it.marathon.destroy(`/old-${it.id}`);
      await it.sync();
      expect(Object.keys(await it.services(it.id)).toSorted()).toEqual(
        tasks
          .slice(1)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect(await it.labels(`consular/old-${it.id}`)).toEqual({});
    });

    test('without a purge a sync takes nothing away', async () => {
      await using it = await stage({ settings: { purge: false } });
      it.marathon.deploy({ id: `/old-${it.id}`, labels: { a: '1' } });
      await it.run();
      it.marathon.destroy(`/old-${it.id}`);
      await it.sync();
      expect(Object.keys(await it.services(it.id))).toHaveLength(1);
      expect(Object.keys(await it.labels(`consular/old-${it.id}`))).toHaveLength(1);
    });

    test('services of others stay, however much they look like own ones', async () => {
      await using it = await stage();
      const others = [
        { id: `a-${it.id}`, tags: [`consular-reg-id=${it.id}x`, 'consular-app-id=/gone'] },
        { id: `b-${it.id}`, tags: [`consular-reg-id=${it.id.toUpperCase()}`, 'consular-app-id=/gone'] },
        { id: `c-${it.id}`, tags: [`consular-reg-id=${it.id}`] },
        { id: `d-${it.id}`, tags: [`xconsular-reg-id=${it.id}`, 'consular-app-id=/gone'] },
        { id: `e-${it.id}`, tags: [] },
      ];
      const own = { id: `own-${it.id}`, tags: [`consular-reg-id=${it.id}`, 'consular-app-id=/gone'] };
      for (const service of [...others, own]) await it.consul.agent.register({ name: 'stranger', ...service });
      it.marathon.deploy({ id: `/web-${it.id}`, instances: 2 });
      await it.run();
      const services = await it.consul.agent.services();
      for (const { id } of others) expect(services.has(id), id).toBe(true);
      expect(services.has(own.id)).toBe(false);
      for (const { id } of others) await it.consul.agent.deregister(id);
    });

    test('an empty answer takes nothing away, and is told with the numbers', async () => {
      await using it = await stage();
      const app = { id: `/web-${it.id}`, instances: 3, labels: { a: '1' } };
      it.marathon.deploy(app);
      await it.run();
      it.marathon.cluster.apps.clear();
      it.marathon.cluster.tasks.clear();
      await it.sync();
      expect(Object.keys(await it.services(it.id))).toHaveLength(3);
      expect(Object.keys(await it.labels(`consular/web-${it.id}/`))).toHaveLength(1);
      expect(it.told('purge_refused').map(({ refusal }) => refusal)).toEqual([{ removals: 3, own: 3, maxPurge: 0.5 }]);
    });

    test('a host without an agent: the main one takes its registrations, and gives them back', async () => {
      await using it = await stage({ marathon: { hosts: ['127.0.0.3'] } });
      const tasks = it.marathon.deploy({ id: `/web-${it.id}`, instances: 2 });
      await it.run();
      expect(Object.keys(await it.services(it.id)).toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
      expect(Object.values(await it.services(it.id))[0]).toMatchObject({ address: '127.0.0.3' });
      const writes = it.writes.length;
      await it.sync();
      expect(it.writes.slice(writes)).toEqual([]);
      await it.hear(running(`/web-${it.id}`, tasks[0]?.id ?? '', { taskStatus: 'TASK_KILLED', host: '127.0.0.3' }));
      expect(Object.keys(await it.services(it.id))).toEqual([tasks[1]?.id]);
    });

    test('a host without an agent: without a fallback it is a failure of the app', async () => {
      await using it = await stage({ marathon: { hosts: ['127.0.0.3'] }, settings: { fallback: false } });
      it.marathon.deploy({ id: `/web-${it.id}` });
      await it.run();
      expect(await it.services(it.id)).toEqual({});
      expect(it.told('app_failed')[0]?.failures[0]?.error.message).toContain('127.0.0.3');
    });

    test('a host without an agent: an event’s registration goes to the main one, too', async () => {
      await using it = await stage();
      await it.run();
      await it.hear(running(`/web-${it.id}`, `task-${it.id}`, { host: '127.0.0.4' }));
      expect(Object.keys(await it.services(it.id))).toEqual([`task-${it.id}`]);
    });
  });
}
