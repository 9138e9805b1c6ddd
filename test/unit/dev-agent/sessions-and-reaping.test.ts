import { describe, expect, it } from 'vitest';
import { lockKey, setKey } from '../../../src/dev-agent/store/kv-writes.ts';
import type { Session } from '../../../src/dev-agent/store/session-store.ts';
import { memoryRegistry, register } from '../../support/dev-agent-registry.ts';

const fields: Omit<Session, 'ID' | 'CreateIndex' | 'ModifyIndex'> = {
  Name: '',
  Node: 'node-1',
  LockDelay: 15_000,
  Behavior: 'release',
  TTL: '10s',
  ttlMs: 10_000,
  NodeChecks: ['serfHealth'],
  ServiceChecks: [],
};
const write = { Key: 'lock', Value: Buffer.from('me'), Flags: 0n };

describe('a session', () => {
  it('is gone after twice its TTL, and its key is free but delayed', async () => {
    const { registry, clock } = memoryRegistry();
    const { ID } = registry.sessions.create(fields);
    lockKey(registry, write, ID);
    await clock.advance(19_999);
    expect(registry.sessions.get(ID)).toBeDefined();
    await clock.advance(1);
    expect(registry.sessions.get(ID)).toBeUndefined();
    expect(registry.kv.get('lock')?.Session).toBeUndefined();
    expect(registry.sessions.isDelayed('lock')).toBe(true);
    await clock.advance(15_000);
    expect(registry.sessions.isDelayed('lock')).toBe(false);
  });

  it('lives on when it is renewed', async () => {
    const { registry, clock } = memoryRegistry();
    const { ID } = registry.sessions.create(fields);
    await clock.advance(19_000);
    expect(registry.sessions.renew(ID)).toBeDefined();
    await clock.advance(19_999);
    expect(registry.sessions.get(ID)).toBeDefined();
  });

  it('takes its keys with it if it is to delete them, and ends when its check turns critical', () => {
    const { registry } = memoryRegistry();
    register(registry, { Name: 'web', Check: { TTL: '1h', Status: 'passing' } });
    const { ID } = registry.sessions.create({ ...fields, Behavior: 'delete', ServiceChecks: ['service:web'] });
    lockKey(registry, write, ID);
    registry.agent.heartbeat('service:web', 'critical', '');
    expect(registry.sessions.get(ID)).toBeUndefined();
    expect(registry.kv.get('lock')).toBeUndefined();
  });

  it('that a rolled back write had ended lives on as before, with its lock and its end', async () => {
    const { registry, clock } = memoryRegistry();
    const { ID } = registry.sessions.create(fields);
    lockKey(registry, write, ID);
    expect(() =>
      registry.ledger.write(() => {
        registry.catalog.dropNode('node-1');
        throw new Error('rolled back');
      }),
    ).toThrow('rolled back');
    expect(registry.kv.get('lock')?.Session).toBe(ID);
    expect(registry.sessions.isDelayed('lock')).toBe(false);
    await clock.advance(20_000);
    expect(registry.sessions.get(ID)).toBeUndefined();
  });

  it('cannot be opened on a critical check', () => {
    const { registry } = memoryRegistry();
    register(registry, { Name: 'web', Check: { TTL: '1h' } });
    expect(() => registry.sessions.create({ ...fields, ServiceChecks: ['service:web'] })).toThrow(
      "Check 'service:web' is in critical state",
    );
  });
});

describe('a write that fails half way', () => {
  it('leaves nothing behind and wakes nobody', () => {
    const { registry } = memoryRegistry();
    setKey(registry, { ...write, Key: 'a' });
    registry.waiters.add(['kv/*', 'index/kvs'], () => expect.unreachable());
    expect(() =>
      registry.ledger.write(() => {
        setKey(registry, { ...write, Key: 'b' });
        registry.kv.drop('a');
        throw new Error('no');
      }),
    ).toThrow('no');
    registry.kv.forgetOrder();
    expect(registry.kv.keys('')).toEqual(['a']);
  });
});

describe('a service that stays critical', () => {
  it('is removed after its time, a minute at least', async () => {
    const { registry, clock } = memoryRegistry();
    register(registry, { Name: 'web', Check: { TTL: '5s', DeregisterCriticalServiceAfter: '10s' } });
    await clock.advance(5000 + 60_000);
    expect(registry.agent.reap()).toEqual([]);
    await clock.advance(1);
    expect(registry.agent.reap()).toEqual(['web']);
    expect(registry.catalog.instances('web')).toEqual([]);
  });

  it('stays if it recovers in between', async () => {
    const { registry, clock } = memoryRegistry();
    register(registry, { Name: 'web', Check: { TTL: '5s', DeregisterCriticalServiceAfter: '90s' } });
    await clock.advance(60_000);
    registry.agent.heartbeat('service:web', 'passing', '');
    await clock.advance(50_000);
    expect(registry.agent.reap()).toEqual([]);
  });
});
