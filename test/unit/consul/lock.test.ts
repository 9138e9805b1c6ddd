import { beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { ConsulError, isConsulError } from '../../../src/consul/consul-error.ts';
import { LockStore } from '../../support/consul-lock-store.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const DOWN = new ConsulError({ kind: 'Unreachable', method: 'PUT', path: '/v1/x', problem: 'down' });

let store: LockStore;
let clock: FakeClock;
let client: ConsulClient;

beforeEach(() => {
  store = new LockStore();
  clock = new FakeClock();
  client = new ConsulClient({ transport: store, clock, random: () => 0 });
});

/** Nothing goes on any more, once the agent has stopped counting the connection of the aborted poll. */
async function quiet(): Promise<void> {
  await clock.advance(60_000);
  expect(clock.pending).toBe(0);
}

describe('a lock', () => {
  it('is held by a session that is renewed three times in its TTL, until it is released', async () => {
    const lock = await client.lock('k', { ttlMs: 15_000 });
    expect(store.holder).toBe(lock.session);
    await clock.advance(60_000);
    expect(store.requests.filter((request) => request === 'PUT session/renew')).toHaveLength(12);
    expect(lock.lost.aborted).toBe(false);
    expect(await lock.release()).toBe(true);
    expect(store.holder).toBe(undefined);
    expect(store.sessions.size).toBe(0);
    expect(lock.lost.aborted).toBe(false);
    await quiet();
  });

  it('is given back at the end of its block', async () => {
    {
      await using lock = await client.lock('k');
      expect(store.holder).toBe(lock.session);
    }
    expect(store.holder).toBe(undefined);
    expect(store.sessions.size).toBe(0);
  });

  it('is waited for while another holds it', async () => {
    store.hold('other');
    const waiting = client.lock('k');
    await clock.advance(30_000);
    expect(store.holder).toBe('other');
    store.hold(undefined);
    expect((await waiting).session).toBe(store.holder);
  });

  it('is tried again now and then within its lock delay', async () => {
    store.delayed = true;
    const waiting = client.lock('k');
    await clock.advance(10_000);
    store.delayed = false;
    await clock.advance(1_000);
    expect((await waiting).session).toBe(store.holder);
  });

  it('is given up after the time that was set, and the session ended', async () => {
    store.hold('other');
    const once = await client.lock('k', { giveUpAfterMs: 0 }).catch((error: unknown) => error);
    expect(isConsulError(once, 'Conflict') && once.message).toContain('session other holds it');
    store.hold(undefined);
    store.delayed = true;
    const delayed = client.lock('k', { giveUpAfterMs: 3_000 }).catch((error: unknown) => error);
    await clock.advance(4_000);
    expect(isConsulError(await delayed, 'Conflict') && String(await delayed)).toContain('lock delay');
    expect(store.sessions.size).toBe(0);
    await quiet();
  });

  it('is given up in time while Consul is down, however long the pause between tries has grown', async () => {
    store.down = DOWN;
    let error: unknown;
    void client.lock('k', { giveUpAfterMs: 2_000 }).catch((reason: unknown) => {
      error = reason;
    });
    await clock.advance(1_999);
    expect(error).toBe(undefined);
    await clock.advance(1);
    expect(isConsulError(error, 'Unreachable')).toBe(true);
    await quiet();
  });

  it('waiting ends when it is aborted, and ends the session', async () => {
    store.hold('other');
    const abort = new AbortController();
    const waiting = client.lock('k', { signal: abort.signal }).catch((error: unknown) => error);
    await settle();
    abort.abort(new Error('enough'));
    expect(String(await waiting)).toBe('Error: enough');
    expect(store.sessions.size).toBe(0);
  });

  it('waiting survives Consul being down, and a session that ended meanwhile', async () => {
    store.down = DOWN;
    const waiting = client.lock('k');
    await clock.advance(5_000);
    store.down = undefined;
    store.hold('other');
    await clock.advance(20_000);
    for (const session of [...store.sessions]) store.expire(session);
    await clock.advance(20_000);
    store.hold(undefined);
    await clock.advance(1_000);
    expect(store.sessions.has((await waiting).session)).toBe(true);
  });

  it('tells that it is lost when its session ended', async () => {
    const lock = await client.lock('k');
    store.expire(lock.session);
    await clock.advance(5_000);
    expect(lock.lost.aborted).toBe(true);
    expect(lock.lost.reason).toBeInstanceOf(ConsulError);
    expect(await lock.release()).toBe(false);
  });

  it('tells that it is lost as soon as somebody took it away', async () => {
    const lock = await client.lock('k');
    await settle();
    store.hold('thief');
    await clock.advance(200);
    expect(String(lock.lost.reason)).toContain('taken away');
  });

  it('tells that it is lost when it could not be renewed for its TTL, not before', async () => {
    const lock = await client.lock('k', { ttlMs: 15_000 });
    await clock.advance(5_000);
    store.down = DOWN;
    await clock.advance(14_900);
    expect(lock.lost.aborted).toBe(false);
    await clock.advance(200);
    expect(String(lock.lost.reason)).toContain('could not be renewed within its TTL');
    expect(await lock.release()).toBe(false);
    await quiet();
  });

  it('outlives an outage shorter than its TTL', async () => {
    const lock = await client.lock('k', { ttlMs: 15_000 });
    store.down = DOWN;
    await clock.advance(12_000);
    store.down = undefined;
    await clock.advance(60_000);
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
  });

  it('is not waited for when the token may not have it', async () => {
    store.down = new ConsulError({
      kind: 'PermissionDenied',
      method: 'PUT',
      path: '/v1/session/create',
      problem: 'no',
    });
    await expect(client.lock('k')).rejects.toSatisfy((error) => isConsulError(error, 'PermissionDenied'));
  });
});

describe('a leader', () => {
  it('leads until its work is done, and gives the office back', async () => {
    await client.runAsLeader('k', async () => {
      expect(store.holder).toMatch(/^session-/);
    });
    expect(store.holder).toBe(undefined);
  });

  it('stops when the office is lost, says so, and runs for it again', async () => {
    const terms: string[] = [];
    const lost: string[] = [];
    const led = client.runAsLeader(
      'k',
      async (inOffice) => {
        terms.push(store.holder ?? '');
        if (terms.length === 2) return;
        await new Promise((resolve) => inOffice.addEventListener('abort', resolve));
        throw new Error('cut short');
      },
      { onLost: (error) => lost.push(error.kind) },
    );
    await settle();
    store.expire('session-1');
    await clock.advance(10_000);
    await led;
    expect(terms).toEqual(['session-1', 'session-2']);
    expect(lost).toEqual(['Conflict']);
  });

  it('gives the office back when its work fails, and passes the error on', async () => {
    await expect(client.runAsLeader('k', () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    expect(store.holder).toBe(undefined);
  });

  it('stops when it is aborted', async () => {
    const abort = new AbortController();
    const led = client.runAsLeader('k', (inOffice) => clock.sleep(1e9, inOffice), { signal: abort.signal });
    await settle();
    abort.abort(new Error('enough'));
    await expect(led).rejects.toThrow('enough');
    expect(store.holder).toBe(undefined);
    await quiet();
  });
});
