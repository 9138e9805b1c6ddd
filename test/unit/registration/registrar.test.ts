import { afterEach, describe, expect, it } from 'vitest';
import type { AppHealth } from '../../../src/registration/health-gate.ts';
import { Registrar } from '../../../src/registration/registrar.ts';
import type { RegistrationEvent } from '../../../src/registration/registration-event.ts';
import type { CheckSettings, ServiceSettings } from '../../../src/registration/service-settings.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeAgent } from '../../support/registration-agent.ts';
import { serviceSettings } from '../../support/registration-settings.ts';

const ID = 'orders-127.0.0.1-8000';
const ttl: CheckSettings = { kind: 'ttl', ttlMs: 9000, deregisterAfterMs: 60_000 };
let stopLast: (() => Promise<void>) | undefined;

afterEach(async () => {
  await stopLast?.();
  stopLast = undefined;
});

function open(different: Partial<ServiceSettings> = {}, resolveAddress = async () => '127.0.0.1') {
  const clock = new FakeClock();
  const agent = new FakeAgent();
  const events: RegistrationEvent[] = [];
  const app = { status: 'passing' as AppHealth['status'], probes: 0 };
  const registrar = new Registrar({
    settings: serviceSettings(different),
    consul: agent.consul,
    resolveAddress,
    clock,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    probe: async () => {
      app.probes += 1;
      return { status: app.status, output: 'probed' };
    },
  });
  const ended = new AbortController();
  const begin = () => {
    const running = registrar.run(ended.signal);
    stopLast = async () => {
      ended.abort();
      await running;
    };
    return running;
  };
  const count = (call: string) => agent.calls.filter((each) => each.startsWith(call)).length;
  return { clock, agent, events, app, registrar, begin, count };
}

async function steps(): Promise<void> {
  for (let step = 0; step < 6; step++) await settle();
}

describe('the app', () => {
  it('is registered only once it answers', async () => {
    const { clock, app, agent, begin, registrar } = open({ waitForAppMs: 30_000 });
    app.status = 'critical';
    begin();
    await clock.advance(5000);
    expect(agent.calls).toEqual([]);
    expect(registrar.status().state).toBe('waiting-for-app');
    app.status = 'passing';
    await clock.advance(250);
    await steps();
    expect(agent.services.has(ID)).toBe(true);
  });

  it('is registered all the same when it has not answered in its time', async () => {
    const { clock, app, agent, begin, events } = open({ waitForAppMs: 30_000 });
    app.status = 'critical';
    begin();
    await clock.advance(30_000);
    await steps();
    expect(agent.services.has(ID)).toBe(true);
    expect(events[0]).toMatchObject({ kind: 'app_waited_for', isAnswering: false, waitedMs: 30_000 });
  });

  it('is not asked when it is not to be waited for', async () => {
    const { app, begin } = open({ waitForAppMs: 0 });
    begin();
    await steps();
    expect(app.probes).toBe(0);
  });
});

describe('the registration', () => {
  it('is looked at every 25 s at most, and repeated only when something is wrong', async () => {
    const { clock, begin, count } = open();
    begin();
    await steps();
    await clock.advance(120_000);
    expect(count('register')).toBe(1);
    expect(count('look')).toBe(5);
  });

  it('takes away the checks that an earlier run left', async () => {
    const { agent, begin } = open();
    begin();
    await steps();
    expect(agent.calls[0]).toBe(`register ${ID} replacing`);
  });

  it('is repeated within 30 s after the agent has forgotten it, once', async () => {
    const { clock, agent, begin, count, registrar, events } = open();
    begin();
    await steps();
    agent.forget();
    await clock.advance(30_000);
    await steps();
    expect(agent.services.has(ID)).toBe(true);
    await clock.advance(60_000);
    expect(count('register')).toBe(2);
    expect(registrar.status().registrations).toBe(2);
    expect(events).toContainEqual({ kind: 'registered', id: ID, because: 'lost' });
  });

  it('begins, and comes back, as healthy as the app is, so that callers find somebody before the first check has run', async () => {
    const { clock, agent, app, begin } = open({ waitForAppMs: 30_000 });
    begin();
    await steps();
    const statuses = () => agent.services.get(ID)?.checks?.map(({ status }) => status);
    expect(statuses()).toEqual(['passing']);
    for (const status of ['passing', 'critical'] as const) {
      app.status = status;
      agent.forget();
      await clock.advance(30_000);
      await steps();
      expect(statuses()).toEqual([status === 'passing' ? 'passing' : undefined]);
    }
  });

  it('is looked at on request, and never twice at once', async () => {
    const { agent, begin, registrar, count } = open();
    begin();
    await steps();
    const looks = count('look');
    for (let turn = 0; turn < 20; turn++) registrar.recheck();
    await steps();
    expect(count('look')).toBe(looks + 1);
    expect(agent.mostOpen).toBe(1);
  });

  it('is back within a second after a Consul that was down for an hour', async () => {
    const { clock, agent, begin, events } = open();
    agent.failure = 'Unreachable';
    begin();
    await clock.advance(3_600_000);
    agent.failure = undefined;
    await clock.advance(1000);
    await steps();
    expect(agent.services.has(ID)).toBe(true);
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  it('is tried ever less often, at last twice a minute, when Consul refuses it', async () => {
    const { clock, agent, begin, count, registrar } = open();
    agent.failure = 'PermissionDenied';
    begin();
    await clock.advance(600_000);
    const before = count('register');
    await clock.advance(60_000);
    expect(count('register') - before).toBeLessThanOrEqual(4);
    expect(registrar.status()).toMatchObject({
      state: 'registering',
      lastError: { code: 'consul_permission_denied' },
    });
  });

  it('that does not reach the catalog is told once, and so is its arrival', async () => {
    const { clock, agent, begin, events } = open();
    agent.hasLeader = false;
    begin();
    await clock.advance(3000);
    expect(events.map(({ kind }) => kind)).toEqual(['registered', 'not_in_catalog']);
    agent.hasLeader = true;
    await clock.advance(60_000);
    expect(events.map(({ kind }) => kind)).toEqual(['registered', 'not_in_catalog', 'in_catalog']);
  });

  it('waits for an address that is not known yet, and fails on one that never can be', async () => {
    let isKnown = false;
    const error = (retryable: boolean) =>
      new CodedError('none', { code: 'no_service_address', side: 'internal', retryable });
    const later = open({}, async () => {
      if (!isKnown) throw error(true);
      return '127.0.0.1';
    });
    later.begin();
    await later.clock.advance(20_000);
    isKnown = true;
    await later.clock.advance(60_000);
    expect(later.agent.services.has(ID)).toBe(true);
    await stopLast?.();
    stopLast = undefined;
    const never = open({}, () => Promise.reject(error(false)));
    await expect(never.registrar.run(new AbortController().signal)).rejects.toThrow('none');
  });

  it('ends with deregistering, also while the app is being waited for', async () => {
    const normal = open();
    normal.begin();
    await steps();
    await stopLast?.();
    expect(normal.agent.calls.at(-1)).toBe(`deregister ${ID}`);
    expect(normal.clock.pending).toBe(0);
    const waiting = open({ waitForAppMs: 30_000 });
    waiting.app.status = 'critical';
    waiting.begin();
    await steps();
    await stopLast?.();
    expect(waiting.agent.calls).toEqual([]);
    expect(waiting.clock.pending).toBe(0);
  });

  it('ends although Consul is gone', async () => {
    const { agent, begin, registrar } = open();
    begin();
    await steps();
    agent.failure = 'Unreachable';
    await stopLast?.();
    expect(registrar.status().lastError).toMatchObject({ code: 'consul_unreachable' });
  });
});

describe('leaving while it runs', () => {
  it('takes it away for good, and the heartbeats with it', async () => {
    const { clock, agent, begin, registrar, count } = open({ checks: [ttl] });
    begin();
    await steps();
    await registrar.deregister();
    expect(agent.services.has(ID)).toBe(false);
    const beats = count('beat');
    await clock.advance(120_000);
    expect(count('beat')).toBe(beats);
    expect(count('register')).toBe(1);
    expect(registrar.status()).toMatchObject({ state: 'deregistered', isWanted: false });
  });

  it('before the app has answered means that it is never registered', async () => {
    const { clock, agent, app, begin, registrar } = open({ waitForAppMs: 30_000 });
    app.status = 'critical';
    begin();
    await steps();
    await registrar.deregister();
    app.status = 'passing';
    await clock.advance(60_000);
    expect(agent.calls).toEqual([]);
  });

  it('tells when Consul cannot be told, and goes on trying', async () => {
    const { clock, agent, begin, registrar } = open();
    begin();
    await steps();
    agent.failure = 'Unreachable';
    await expect(registrar.deregister()).rejects.toMatchObject({ kind: 'Unreachable' });
    agent.failure = undefined;
    await clock.advance(1000);
    await steps();
    expect(agent.services.has(ID)).toBe(false);
  });
});

describe('maintenance', () => {
  it('begins with its reason and ends when it is ended', async () => {
    const { agent, begin, registrar } = open();
    begin();
    await steps();
    await registrar.setMaintenance({ reason: 'new disk' });
    expect(agent.maintained.get(ID)).toBe('new disk');
    expect(registrar.status().maintenance).toEqual({ reason: 'new disk', untilWallMs: undefined });
    await registrar.setMaintenance(undefined);
    expect(agent.maintained.has(ID)).toBe(false);
  });

  it('ends by itself in its time', async () => {
    const { clock, agent, begin, registrar } = open();
    begin();
    await steps();
    await registrar.setMaintenance({ reason: 'short', forMs: 60_000 });
    expect(registrar.status().maintenance?.untilWallMs).toBe(clock.wallMs() + 60_000);
    await clock.advance(59_000);
    expect(agent.maintained.has(ID)).toBe(true);
    await clock.advance(1000);
    await steps();
    expect(agent.maintained.has(ID)).toBe(false);
    expect(registrar.status().maintenance).toBeUndefined();
  });

  it('is begun again after the agent has forgotten all', async () => {
    const { agent, begin, registrar } = open();
    begin();
    await steps();
    await registrar.setMaintenance({ reason: 'new disk' });
    agent.forget();
    registrar.recheck();
    await steps();
    expect(agent.maintained.get(ID)).toBe('new disk');
  });

  it('of an operator is left alone', async () => {
    const { clock, agent, begin } = open();
    begin();
    await steps();
    agent.maintained.set(ID, 'by hand');
    await clock.advance(120_000);
    expect(agent.maintained.get(ID)).toBe('by hand');
  });
});

describe('a TTL check', () => {
  it('is reported at once after registering, and three times in its time', async () => {
    const { clock, agent, begin, count } = open({ checks: [ttl] });
    begin();
    await steps();
    expect(agent.statuses.get(`service:${ID}`)).toBe('passing');
    await clock.advance(9000);
    expect(count('beat')).toBe(4);
  });

  it('that the agent has forgotten brings the registration back within one beat', async () => {
    const { clock, agent, begin, count } = open({ checks: [ttl] });
    begin();
    await steps();
    agent.forget();
    await clock.advance(3000);
    await steps();
    expect(agent.statuses.get(`service:${ID}`)).toBe('passing');
    expect(count('register')).toBe(2);
  });

  it('falls after as many bad probes as it is told, and rises after as many good ones', async () => {
    const { clock, agent, app, begin, events } = open({ checks: [{ ...ttl, fall: 3, rise: 2 }] });
    begin();
    await steps();
    const status = () => agent.statuses.get(`service:${ID}`);
    app.status = 'critical';
    await clock.advance(6000);
    expect(status()).toBe('passing');
    await clock.advance(3000);
    expect(status()).toBe('critical');
    app.status = 'passing';
    await clock.advance(3000);
    expect(status()).toBe('critical');
    await clock.advance(3000);
    expect(status()).toBe('passing');
    const told = events.filter((event) => event.kind === 'app_health').map((event) => event.status);
    expect(told).toEqual(['passing', 'critical', 'passing']);
  });

  it('is reported no more often when the app flaps', async () => {
    const { clock, app, begin, count } = open({ checks: [ttl] });
    begin();
    await steps();
    for (let flap = 0; flap < 90; flap++) {
      app.status = flap % 2 === 0 ? 'critical' : 'passing';
      await clock.advance(100);
    }
    expect(count('beat')).toBe(4);
  });
});
