import { describe, expect, it } from 'vitest';
import { MemoryStage } from '../../support/marathon-bridge-memory-stage.ts';

describe('events', () => {
  it('cost calls for their app alone, however many apps and agents there are', async () => {
    const hosts = Array.from({ length: 50 }, (_, index) => `mesos-${index}`);
    const it = new MemoryStage({}, hosts);
    for (let app = 0; app < 100; app++) it.marathon.deploy({ id: `/app-${app}`, instances: 5, labels: { a: '1' } });
    await it.run();
    await it.clock.advance(1_000);
    const { calls, writes } = it.consul;
    const { reads } = it.marathon;
    it.marathon.scale('/app-7', 6);
    await it.clock.advance(1_000);
    expect(it.consul.writes - writes).toBe(1);
    // Catalog and labels of the app, for the first event and for those that came meanwhile.
    expect(it.consul.calls - calls).toBeLessThanOrEqual(5);
    expect(it.marathon.reads - reads).toBeLessThanOrEqual(2);
  });

  it('in a burst become a few comparisons', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 1 });
    await it.run();
    const before = it.told('sync_ended').length;
    it.marathon.scale('/web', 40);
    await it.clock.advance(5_000);
    expect(it.consul.registered).toHaveLength(40);
    expect(it.told('sync_ended').length - before).toBeLessThanOrEqual(2);
    expect(it.told('event_narrowed').length).toBeGreaterThan(100);
  });

  it('of very many apps become one comparison of everything', async () => {
    const it = new MemoryStage();
    await it.run();
    for (let app = 0; app < 100; app++) it.marathon.deploy({ id: `/app-${app}` });
    await it.clock.advance(5_000);
    expect(it.consul.registered).toHaveLength(100);
    expect(it.told('sync_ended').map(({ scope, because }) => [scope, because])).toEqual([
      ['all', 'start'],
      ['all', 'many events'],
    ]);
  });

  it('that a task ended and then, late, that it runs do not bring it back', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 2 });
    await it.run();
    const seen: Parameters<typeof it.bridge.onNotice>[0][] = [];
    it.marathon.onEvent = (event) => void seen.push({ kind: 'event', way: 'sse', event });
    const task = it.marathon.running('/web')[0];
    it.marathon.launch('/web');
    it.marathon.kill(task?.id ?? '');
    for (const notice of seen.toReversed()) it.bridge.onNotice(notice);
    await it.clock.advance(10_000);
    expect(it.consul.registered.map((line) => line.split(' ')[1])).toEqual(
      it.marathon
        .running()
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(it.told('registered').filter(({ serviceId }) => serviceId === task?.id)).toHaveLength(1);
  });

  it('of long ago, said again, do not bring back a task that ended', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 2 });
    await it.run();
    const heard: Parameters<typeof it.bridge.onNotice>[0][] = [];
    it.marathon.onEvent = (event) => {
      if (event.kind === 'task-status' && event.phase === 'running') heard.push({ kind: 'event', way: 'sse', event });
      it.bridge.onNotice({ kind: 'event', way: 'sse', event });
    };
    it.marathon.launch('/web');
    const task = it.marathon.running('/web').at(-1);
    await it.clock.advance(1_000);
    it.marathon.kill(task?.id ?? '');
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(2);
    for (const notice of heard) it.bridge.onNotice(notice);
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(2);
    expect(it.told('registered').filter(({ serviceId }) => serviceId === task?.id)).toHaveLength(1);
  });

  it('of a task that is not in the catalog yet take it away all the same', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 1 });
    await it.run();
    it.consul.freezeCatalog(true);
    it.marathon.launch('/web');
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(2);
    const last = it.marathon.running().at(-1);
    it.marathon.kill(last?.id ?? '');
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(1);
  });

  it('that nobody can confirm are taken back', async () => {
    const it = new MemoryStage({ purge: false });
    await it.run();
    const event = { kind: 'task-status', eventType: 'status_update_event', timestamp: undefined } as const;
    const task = { taskId: 'ghost.1', appId: '/ghost', state: 'TASK_RUNNING', phase: 'running' } as const;
    const where = { host: 'mesos-1', ports: [1], ipAddresses: [], version: undefined };
    it.bridge.onNotice({ kind: 'event', way: 'callback', event: { ...event, ...task, ...where } });
    await it.clock.advance(1_000);
    expect(it.consul.registered).toEqual(['node-1 ghost.1']);
    await it.clock.advance(6_000);
    expect(it.consul.registered).toEqual([]);
  });
});

describe('everything is compared', () => {
  it('every so often, from one start to the next, and at most once in a second', async () => {
    const slow = new MemoryStage({ syncIntervalMs: 10_000 });
    await slow.run();
    await slow.clock.advance(95_000);
    expect(slow.told('sync_ended').map(({ because }) => because)).toEqual(['start', ...Array(9).fill('interval')]);
    const fast = new MemoryStage({ syncIntervalMs: 10 });
    let pauses = 0;
    const { sleep } = fast.clock;
    fast.clock.sleep = (delayMs, signal) => {
      pauses += 1;
      return sleep.call(fast.clock, delayMs, signal);
    };
    await fast.run();
    await fast.clock.advance(10_000);
    expect(fast.told('sync_ended')).toHaveLength(11);
    expect(pauses).toBeLessThan(30);
  });
});

describe('the right to write', () => {
  it('when it is lost, nothing more is sent, in the middle of a plan', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 100, labels: { a: '1' } });
    let begun = 0;
    it.consul.onCall = async ({ doing }) => {
      if (doing === 'read') return;
      begun += 1;
      if (begun === 10) it.lose();
      await it.clock.sleep(5);
    };
    await it.run();
    await it.clock.advance(10_000);
    // Those that were under way together with the tenth are given up; the rest never begins.
    expect(begun).toBe(10);
    expect(it.consul.writes).toBe(0);
    expect(it.bridge.status().isRunning).toBe(false);
  });

  it('without it, events and resyncs change nothing; with it again, everything is compared', async () => {
    const it = new MemoryStage();
    await it.run();
    it.lose();
    await it.clock.advance(10);
    const { calls } = it.consul;
    it.marathon.deploy({ id: '/web', instances: 2 });
    await it.sync();
    expect(it.consul.calls).toBe(calls);
    await it.run();
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(2);
  });

  it('is not needed for a plan, which writes nothing', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 2, labels: { a: '1' } });
    const plan = await it.bridge.plan(new AbortController().signal);
    expect(plan.apps.map(({ appId, actions }) => [appId, actions.map(({ kind }) => kind)])).toEqual([
      ['/web', ['register', 'register', 'put_label']],
    ]);
    expect(it.consul.writes).toBe(0);
  });
});
