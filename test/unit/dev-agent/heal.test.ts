import { describe, expect, it } from 'vitest';
import { heal } from '../../../src/dev-agent/build-registry.ts';
import { readInstances } from '../../../src/dev-agent/http/catalog-reads.ts';
import { memoryRegistry, register } from '../../support/dev-agent-registry.ts';

function setUp() {
  const { registry } = memoryRegistry();
  register(registry, { Name: 'web', Check: { TTL: '1h', Status: 'passing' } });
  const statuses = () => readInstances(registry, 'web').value.map(({ checks }) => checks.map(({ Status }) => Status));
  return { registry, statuses };
}

describe('what the agent looks after', () => {
  it.each<[string, (registry: ReturnType<typeof setUp>['registry']) => void]>([
    ['a service', ({ catalog }) => catalog.dropService('node-1', 'web')],
    ['a check', ({ catalog }) => catalog.dropCheck('node-1', 'service:web')],
    ['the whole node', ({ catalog }) => catalog.dropNode('node-1')],
  ])('comes back when a client took %s out of the catalog only', (_what, drop) => {
    const { registry, statuses } = setUp();
    const before = statuses();
    drop(registry);
    expect(statuses()).not.toEqual(before);
    heal(registry);
    expect(statuses()).toEqual([['passing', 'passing']]);
    expect(readInstances(registry, 'consul').value).toHaveLength(1);
  });

  it('moves no index and wakes nobody while the catalog has it all', () => {
    const { registry } = setUp();
    const { index } = registry.ledger;
    heal(registry);
    expect(registry.ledger.index).toBe(index);
  });

  it('stays away when it was deregistered with the agent', () => {
    const { registry, statuses } = setUp();
    registry.agent.deregister('web');
    heal(registry);
    expect(statuses()).toEqual([]);
  });
});
