import { describe, expect, it } from 'vitest';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { MemoryStage } from '../../support/marathon-bridge-memory-stage.ts';

describe('what fails', () => {
  it('Marathon away: nothing is written, and it is asked again ever more slowly', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 2 });
    it.marathon.isUp = false;
    await it.run();
    await it.clock.advance(300_000);
    const failed = it.told('sync_failed');
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.length).toBeLessThan(20);
    expect(it.bridge.status().lastError?.message).toContain('is down');
    it.marathon.isUp = true;
    await it.clock.advance(61_000);
    expect(it.consul.registered).toHaveLength(2);
    expect(it.bridge.status()).toMatchObject({
      lastError: undefined,
      apps: [{ appId: '/web', running: 2, registered: 2 }],
    });
  });

  it('an agent away: it is waited for once in a sync, and the main one takes its services', async () => {
    const it = new MemoryStage({ healthChecks: false }, ['mesos-0', 'mesos-1'], ['mesos-1']);
    it.marathon.deploy({ id: '/web', instances: 20 });
    const away = it.consul.nodes[1];
    if (away !== undefined) away.isUp = false;
    let waits = 0;
    it.consul.onCall = ({ node }) => {
      if (node === away) waits += 1;
    };
    await it.run();
    expect(waits).toBe(1);
    expect(new Set(it.consul.registered.map((line) => line.split(' ')[0]))).toEqual(new Set(['node-0']));
    expect(it.told('agent_unreadable').map(({ agent }) => agent)).toEqual(['node-1']);
    if (away !== undefined) away.isUp = true;
    await it.sync();
    expect(new Set(it.consul.registered.map((line) => line.split(' ')[0]))).toEqual(new Set(['node-1']));
    expect(it.consul.registered).toHaveLength(20);
  });

  it('an agent that goes away between: writes that wait for it are not tried one by one', async () => {
    const it = new MemoryStage({}, ['mesos-0', 'mesos-1'], ['mesos-1']);
    it.marathon.deploy({ id: '/web' });
    await it.run();
    const away = it.consul.nodes[1];
    if (away !== undefined) away.isUp = false;
    let tries = 0;
    it.consul.onCall = async ({ node }) => {
      if (node === away) tries += 1;
      await it.clock.sleep(5);
    };
    it.marathon.scale('/web', 100);
    await it.clock.advance(5_000);
    expect(it.consul.nodes[0]?.services.size).toBe(99);
    expect(tries).toBeLessThanOrEqual(32);
  });

  it('an agent that refuses: what the main one has of it stays until the agent takes it', async () => {
    const it = new MemoryStage({}, ['mesos-0', 'mesos-1'], ['mesos-1']);
    const agent = it.consul.nodes[1];
    if (agent === undefined) throw new Error('no agent');
    it.marathon.deploy({ id: '/web' });
    agent.isRefusing = true;
    await it.run();
    const [id] = it.marathon.running().map((task) => task.id);
    expect(it.consul.registered).toEqual([`node-0 ${id}`]);
    expect(it.told('fallback_used')).toMatchObject([{ doing: 'register', serviceId: id, agent: 'mesos-1' }]);
    const { writes } = it.consul;
    await it.sync();
    expect(it.consul.registered).toEqual([`node-0 ${id}`]);
    expect(it.consul.writes).toBe(writes);
    agent.isRefusing = false;
    await it.sync();
    expect(it.consul.registered).toEqual([`node-1 ${id}`]);
  });

  it('an app that cannot be read is not purged, and is read again', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', instances: 2, labels: { a: '1' } });
    it.marathon.deploy({ id: '/fine', instances: 2 });
    await it.run();
    it.marathon.isGarbled.add('/web');
    for (const task of it.marathon.cluster.tasksOf('/web')) it.marathon.cluster.tasks.delete(task.id);
    it.marathon.scale('/fine', 3);
    await it.sync();
    expect(it.consul.registered).toHaveLength(5);
    expect(it.consul.kv.size).toBe(1);
    expect(it.told('app_failed').at(-1)).toMatchObject({ appId: '/web', failures: [{ doing: 'read' }] });
    it.marathon.isGarbled.clear();
    await it.clock.advance(61_000);
    expect(it.consul.registered).toHaveLength(3);
  });

  it('labels that cannot be read keep no service from being registered', async () => {
    const it = new MemoryStage();
    it.marathon.deploy({ id: '/web', labels: { a: '1' } });
    let isBroken = true;
    it.consul.onCall = ({ doing, node }) => {
      if (isBroken && node === undefined && doing === 'read') throw new Error('no leader');
    };
    await it.run();
    expect(it.consul.registered).toHaveLength(1);
    expect(it.consul.kv.size).toBe(0);
    expect(it.told('labels_unreadable')).toHaveLength(1);
    isBroken = false;
    await it.clock.advance(61_000);
    expect(it.consul.kv.size).toBe(1);
  });
});

describe('agents', () => {
  it('two names of one agent are one agent', async () => {
    const it = new MemoryStage({}, ['mesos-0', 'mesos-1'], ['slave-1.example']);
    it.consul.aliases.set('slave-1.example', 'mesos-1');
    it.marathon.deploy({ id: '/web', instances: 3 });
    await it.run();
    expect(it.consul.registered.every((line) => line.startsWith('node-1 '))).toBe(true);
    const { writes } = it.consul;
    await it.sync();
    expect(it.consul.writes).toBe(writes);
    it.marathon.launch('/web');
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(4);
  });

  it('an agent that may not say whose it is gets nothing twice, and loses nothing', async () => {
    const it = new MemoryStage({}, ['mesos-0', 'mesos-1'], ['slave-1.example']);
    it.consul.aliases.set('slave-1.example', 'mesos-1');
    it.consul.onCall = ({ on }) => {
      if (on === 'self') throw new ConsulError({ kind: 'PermissionDenied', method: 'GET', path: '/', problem: 'no' });
    };
    it.marathon.deploy({ id: '/web', instances: 3 });
    await it.run();
    expect(it.consul.registered).toHaveLength(3);
    const { writes } = it.consul;
    await it.sync();
    it.bridge.onNotice({
      kind: 'event',
      way: 'sse',
      event: { kind: 'app', appId: '/web', eventType: 'x', timestamp: undefined },
    });
    await it.clock.advance(61_000);
    expect(it.told('sync_ended').at(-1)?.scope).toEqual(['/web']);
    expect(it.consul.writes).toBe(writes);
    it.marathon.kill(it.marathon.running()[0]?.id ?? '');
    await it.clock.advance(1_000);
    expect(it.consul.registered).toHaveLength(2);
  });

  it('a node without an agent, entered by hand, is not called', async () => {
    const it = new MemoryStage({}, ['mesos-0', 'mesos-1'], ['mesos-0']);
    const node = it.consul.nodes[1];
    if (node === undefined) throw new Error('no node');
    node.isExternal = true;
    node.isUp = false;
    it.marathon.deploy({ id: '/web' });
    await it.run();
    expect(it.told('agent_unreadable')).toEqual([]);
    expect(it.consul.registered).toHaveLength(1);
  });

  it('every node’s agent is purged, also where no task runs', async () => {
    const it = new MemoryStage({}, ['mesos-0', 'mesos-1', 'mesos-2'], ['mesos-0']);
    const tags = ['consular-reg-id=consular', 'consular-app-id=/gone'];
    it.consul.nodes[2]?.services.set('gone.1', { id: 'gone.1', name: 'gone', tags });
    it.marathon.deploy({ id: '/web', instances: 2 });
    await it.run();
    expect(it.told('deregistered')).toMatchObject([{ serviceId: 'gone.1', agent: 'mesos-2', because: 'app_gone' }]);
    expect(it.consul.registered).toHaveLength(2);
  });
});
