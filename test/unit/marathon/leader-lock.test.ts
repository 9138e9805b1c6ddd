import { describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { type LeadershipEvent, leaderKey, runWhileLeading } from '../../../src/marathon/leader-lock.ts';
import { LockStore } from '../../support/consul-lock-store.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const DOWN = new ConsulError({ kind: 'Unreachable', method: 'PUT', path: '/v1/x', problem: 'down' });

interface Office {
  readonly clock: FakeClock;
  readonly store: LockStore;
  readonly events: LeadershipEvent['kind'][];
  /** The signals of each term. */
  readonly terms: AbortSignal[];
  readonly stop: () => Promise<void>;
}

async function run(): Promise<Office> {
  const clock = new FakeClock();
  const store = new LockStore();
  const consul = new ConsulClient({ transport: store, clock, random: () => 0 });
  const events: LeadershipEvent['kind'][] = [];
  const terms: AbortSignal[] = [];
  const abort = new AbortController();
  const running = runWhileLeading(
    { consul, registrationId: 'consular', holder: 'host-1', onEvent: ({ kind }) => events.push(kind) },
    (inOffice) => {
      terms.push(inOffice);
      return new Promise((_resolve, reject) => inOffice.addEventListener('abort', () => reject(inOffice.reason)));
    },
    abort.signal,
  );
  await settle();
  const stop = async () => {
    abort.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  };
  return { clock, store, events, terms, stop };
}

describe('the office of the bridge that writes', () => {
  it('is had while the lock is held, and given back in the end', async () => {
    const { store, events, terms, stop } = await run();
    expect(events).toEqual(['waiting', 'elected']);
    expect(terms).toHaveLength(1);
    await stop();
    expect(store.holder).toBeUndefined();
    expect(terms[0]?.aborted).toBe(true);
  });

  it('ends at once when its session does, and is run for again', async () => {
    const { clock, store, events, terms, stop } = await run();
    store.expire(store.holder ?? '');
    await settle();
    expect(terms[0]?.aborted).toBe(true);
    expect(events.slice(2, 4)).toEqual(['lost', 'waiting']);
    await clock.advance(10_000);
    expect(events.slice(4)).toEqual(['elected']);
    expect(terms).toHaveLength(2);
    expect(terms[1]?.aborted).toBe(false);
    await stop();
  });

  it('ends when Consul cannot be reached for a TTL, before anyone else can have it', async () => {
    const { clock, store, events, terms, stop } = await run();
    await clock.advance(5_000);
    store.down = DOWN;
    await clock.advance(14_999);
    expect(terms[0]?.aborted).toBe(false);
    await clock.advance(1);
    expect(terms[0]?.aborted).toBe(true);
    store.down = undefined;
    await clock.advance(5_000);
    expect(events).toEqual(['waiting', 'elected', 'lost', 'waiting']);
    store.expire('session-1');
    await clock.advance(10_000);
    expect(events).toEqual(['waiting', 'elected', 'lost', 'waiting', 'elected']);
    await stop();
  });
});

describe('the key of a registration', () => {
  it('is outside the tree of labels, where a Consular would delete it', () => {
    expect(leaderKey('consular')).toBe('pilotfish/marathon/consular/leader');
  });

  it('is one folder, whatever the id', () => {
    expect(leaderKey('a/b ü')).toBe('pilotfish/marathon/a%2Fb%20%C3%BC/leader');
    expect(leaderKey('..')).toBe('pilotfish/marathon/%2E%2E/leader');
    expect(leaderKey('\ud800')).toBe('pilotfish/marathon/%EF%BF%BD/leader');
  });
});
