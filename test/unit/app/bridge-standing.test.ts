import { describe, expect, it } from 'vitest';
import type { BridgeJson } from '../../../src/admin/bridge-parts.ts';
import { BridgeStanding } from '../../../src/app/marathon/bridge-standing.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function report(changes: Partial<BridgeJson> = {}): BridgeJson {
  return {
    registrationId: 'consular',
    role: 'leading',
    roleSinceWallMs: 0,
    leader: undefined,
    marathon: { addresses: [], isReachable: true, sinceWallMs: 0, error: undefined },
    events: {
      wanted: 'both',
      stream: { isConnected: true, sinceWallMs: 0 },
      callback: { url: '', isSubscribed: false },
      received: 0,
      lastWallMs: undefined,
    },
    sync: { intervalMs: undefined, lastWallMs: 1, tookMs: 1, error: undefined, pending: 0 },
    purge: { isOn: true, maxShare: 0.5, refused: undefined },
    unreadableAgents: [],
    apps: [],
    ...changes,
  };
}

const SYNC = report().sync;

describe('the standing of a bridge', () => {
  it('is not ready until Consul says who leads', () => {
    const standing = new BridgeStanding(new FakeClock());
    expect(standing.readiness(report(), undefined)).toMatchObject({ ready: false });
    standing.enter('standby');
    expect(standing.readiness(report(), false).reasons.join()).toContain('waiting for Consul');
    expect(standing.readiness(report(), true)).toEqual({ ready: false, stale: false, reasons: ['nobody leads yet'] });
  });

  it('is ready as a standby, and names who leads', () => {
    const standing = new BridgeStanding(new FakeClock());
    standing.enter('standby');
    standing.leader = 'host-1 42';
    expect(standing.readiness(report(), true)).toEqual({
      ready: true,
      stale: false,
      reasons: ['standby: host-1 42 leads'],
    });
  });

  it('is ready as a leader once everything was compared', () => {
    const standing = new BridgeStanding(new FakeClock());
    standing.enter('leading');
    const sync = { ...SYNC, lastWallMs: undefined };
    expect(standing.readiness(report({ sync }), true)).toMatchObject({ ready: false });
    const failed = standing.readiness(report({ sync: { ...sync, error: 'Marathon is away' } }), true);
    expect(failed.ready).toBe(false);
    expect(failed.reasons.join()).toContain('Marathon is away');
    expect(standing.readiness(report(), true)).toEqual({ ready: true, stale: false, reasons: [] });
  });

  it('is stale while it cannot compare, or hears nothing', () => {
    const standing = new BridgeStanding(new FakeClock());
    standing.enter('leading');
    const away = standing.readiness(report({ sync: { ...SYNC, error: 'Marathon is away' } }), true);
    expect(away).toMatchObject({ ready: true, stale: true });
    const { events } = report();
    const deaf = { ...events, stream: { isConnected: false, sinceWallMs: 0 } };
    expect(standing.readiness(report({ events: deaf }), true)).toMatchObject({ ready: true, stale: true });
    const called = { ...deaf, callback: { url: '', isSubscribed: true } };
    expect(standing.readiness(report({ events: called }), true)).toMatchObject({ ready: true, stale: false });
  });

  it('tells of a refused purge and of agents that are away without being stale', () => {
    const standing = new BridgeStanding(new FakeClock());
    standing.enter('leading');
    const purge = { isOn: true, maxShare: 0.5, refused: 'too much at once' };
    const { stale, reasons } = standing.readiness(report({ purge, unreadableAgents: ['host-2: away'] }), true);
    expect(stale).toBe(false);
    expect(reasons).toEqual(['too much at once', 'agents that cannot be read: 1']);
  });

  it('is not ready while it stops, and remembers since when it has its role', async () => {
    const clock = new FakeClock();
    const standing = new BridgeStanding(clock);
    standing.enter('leading');
    const since = standing.role.roleSinceWallMs;
    await clock.advance(1000);
    standing.enter('leading');
    expect(standing.role.roleSinceWallMs).toBe(since);
    standing.enter('stopping');
    expect(standing.role.roleSinceWallMs).toBe(since + 1000);
    expect(standing.readiness(report(), true)).toMatchObject({ ready: false, reasons: ['stopping'] });
  });
});
