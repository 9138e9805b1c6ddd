import { describe, expect, it } from 'vitest';
import { readInstances } from '../../../src/dev-agent/http/catalog-reads.ts';
import { memoryRegistry, register } from '../../support/dev-agent-registry.ts';

describe('the index of a service', () => {
  it('moves with its own instances and their health, and with nothing else', () => {
    const { registry } = memoryRegistry();
    const index = (): number => readInstances(registry, 'web').index;
    register(registry, { Name: 'web', Check: { TTL: '10s' } });
    const registered = index();
    register(registry, { Name: 'web', Check: { TTL: '10s' } });
    register(registry, { Name: 'api', Check: { TTL: '10s' } });
    registry.agent.heartbeat('service:api', 'passing', '');
    registry.kv.put({ Key: 'k', Value: Buffer.from('v'), Flags: 0n });
    expect(index()).toBe(registered);
    registry.agent.heartbeat('service:web', 'passing', 'a');
    const passing = index();
    expect(passing).toBeGreaterThan(registered);
    registry.agent.heartbeat('service:web', 'passing', 'other words');
    expect(index()).toBe(passing);
  });

  it('moves when a check of the whole node changes', () => {
    const { registry } = memoryRegistry();
    register(registry, { Name: 'web' });
    const before = readInstances(registry, 'web').index;
    registry.catalog.putCheck({
      Node: 'node-1',
      CheckID: 'disk',
      Name: 'disk',
      Status: 'critical',
      Notes: '',
      Output: '',
      ServiceID: '',
      ServiceName: '',
      ServiceTags: [],
      Type: '',
      Definition: {},
    });
    expect(readInstances(registry, 'web').index).toBeGreaterThan(before);
  });

  it('is that of the last extinction once the last instance is gone', () => {
    const { registry } = memoryRegistry();
    register(registry, { Name: 'web' });
    registry.agent.deregister('web');
    const gone = readInstances(registry, 'web').index;
    expect(gone).toBe(registry.ledger.index);
    register(registry, { Name: 'api' });
    expect(readInstances(registry, 'web').index).toBe(gone);
    expect(readInstances(registry, 'never').index).toBe(gone);
  });

  it('wakes who watches the old name when an id changes its name', () => {
    const { registry } = memoryRegistry();
    register(registry, { ID: 'one', Name: 'old' });
    const before = readInstances(registry, 'old');
    let woken = 0;
    registry.waiters.add(before.topics, () => {
      woken += 1;
    });
    register(registry, { ID: 'one', Name: 'new' });
    expect(woken).toBe(1);
    expect(readInstances(registry, 'old')).toMatchObject({ value: [] });
    expect(readInstances(registry, 'old').index).toBeGreaterThan(before.index);
    expect(readInstances(registry, 'new').value).toHaveLength(1);
  });
});

describe('output that changes alone', () => {
  it('reaches the catalog minutes later, so that it wakes nobody at once', async () => {
    const { registry, clock } = memoryRegistry();
    register(registry, { Name: 'web', Check: { TTL: '1h', Status: 'passing' } });
    registry.agent.heartbeat('service:web', 'passing', 'new words');
    const output = (): string | undefined => readInstances(registry, 'web').value[0]?.checks.at(-1)?.Output;
    expect(output()).toBe('');
    await clock.advance(299_999);
    expect(output()).toBe('');
    await clock.advance(1);
    expect(output()).toBe('new words');
  });
});
