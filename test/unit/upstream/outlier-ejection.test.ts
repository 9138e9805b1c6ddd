import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import type { Outcome } from '../../../src/upstream/lease.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import type { UpstreamEvent } from '../../../src/upstream/upstream-event.ts';
import type { OutlierSettings } from '../../../src/upstream/upstream-settings.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaultSettings, manyEndpoints, upstream, upstreamFault } from '../../support/upstream-parts.ts';

const ok: Outcome = { kind: 'responded', status: 200 };
const failed: Outcome = { kind: 'failed', cause: upstreamFault };
const status = (code: number): Outcome => ({ kind: 'responded', status: code });

interface Fleet {
  readonly orders: Upstream;
  readonly clock: FakeClock;
  readonly events: UpstreamEvent[];
  /** Sends one request to each endpoint in the view that is used; `outcome` decides how it goes. */
  round(outcome: (id: string) => Outcome): void;
  used(): string[];
}

function fleet(count: number, outlier: Partial<OutlierSettings> = {}, panicBelow = 0): Fleet {
  const clock = new FakeClock();
  const events: UpstreamEvent[] = [];
  const settings = { panicBelow, outlier: { ...defaultSettings.outlier, slowStartMs: 0, ...outlier } };
  const orders = upstream(settings, { clock, observer: (event) => events.push(event) });
  orders.apply({ origin: 'consul', endpoints: manyEndpoints(count) });
  const used = () => orders.choice.selection.candidates.map(({ id }) => id);
  const round = (outcome: (id: string) => Outcome) => {
    const leases = Array.from({ length: used().length }, () => orders.acquire());
    for (const lease of leases) lease?.settle(outcome(lease.endpoint.id));
  };
  return { orders, clock, events, round, used };
}

function fails(...ids: readonly string[]): (id: string) => Outcome {
  return (id) => (ids.includes(id) ? failed : ok);
}

describe('outlier ejection', () => {
  it('ejects after five failures in a row, not after four and a success', () => {
    const { round, used } = fleet(4);
    for (let nth = 0; nth < 4; nth++) round(fails('e1'));
    round(fails());
    for (let nth = 0; nth < 4; nth++) round(fails('e1'));
    expect(used()).toContain('e1');
    round(fails('e1'));
    expect(used()).toEqual(['e0', 'e2', 'e3']);
  });

  it('ejects for no time at all where that is the setting, again and again', async () => {
    const { round, events, clock } = fleet(4, { ejectForMs: 0 });
    for (let nth = 0; nth < 3; nth++) {
      for (let time = 0; time < 5; time++) round(fails('e1'));
      await clock.advance(0);
    }
    const told = events.filter(({ kind }) => kind === 'ejected');
    expect(told.map((event) => event.kind === 'ejected' && event.forMs)).toEqual([0, 0, 0]);
  });

  it('counts 5xx answers, and no other status', () => {
    const { round, used } = fleet(4);
    for (let nth = 0; nth < 50; nth++) round((id) => (id === 'e1' ? status(499) : ok));
    expect(used()).toHaveLength(4);
    for (let nth = 0; nth < 5; nth++) round((id) => (id === 'e1' ? status(500) : ok));
    expect(used()).not.toContain('e1');
  });

  it('never ejects for what the app or we did, nor for a call that was cancelled', () => {
    const { round, used } = fleet(3);
    const appFault = new CodedError('gone', { code: 'client_gone', side: 'app', retryable: false });
    const ourFault = new CodedError('oops', { code: 'bug', side: 'internal', retryable: false });
    for (let nth = 0; nth < 20; nth++) {
      round(() => ({ kind: 'failed', cause: appFault }));
      round(() => ({ kind: 'failed', cause: ourFault }));
      round(() => ({ kind: 'cancelled' }));
    }
    expect(used()).toHaveLength(3);
  });

  it('ejects for gateway failures alone, where they have their own limit', () => {
    const { round, used } = fleet(4, { consecutiveFailures: 0, consecutiveGatewayFailures: 3 });
    for (let nth = 0; nth < 10; nth++) round((id) => (id === 'e1' ? status(500) : ok));
    expect(used()).toContain('e1');
    round((id) => (id === 'e1' ? status(502) : ok));
    round((id) => (id === 'e1' ? status(500) : ok));
    round((id) => (id === 'e1' ? status(503) : ok));
    round((id) => (id === 'e1' ? status(504) : ok));
    expect(used()).toContain('e1');
    round((id) => (id === 'e1' ? failed : ok));
    expect(used()).not.toContain('e1');
  });

  it('is off where both limits are 0', () => {
    const { round, used } = fleet(3, { consecutiveFailures: 0 });
    for (let nth = 0; nth < 50; nth++) round(fails('e1'));
    expect(used()).toHaveLength(3);
  });

  it('keeps an endpoint out longer each time, up to the limit, and forgives in time', async () => {
    const { round, clock, events, used } = fleet(3, { ejectForMs: 30_000, maxEjectForMs: 70_000 });
    for (const expectedMs of [30_000, 60_000, 70_000, 70_000]) {
      while (used().length === 3) round(fails('e1'));
      const ejected = events.filter((event) => event.kind === 'ejected').at(-1);
      expect(ejected).toMatchObject({ reason: 'consecutive-failures', forMs: expectedMs });
      await clock.advance(expectedMs - 1);
      expect(used()).toHaveLength(2);
      await clock.advance(1);
      expect(used()).toHaveLength(3);
      expect(events.at(-1)).toMatchObject({ kind: 'returned', endpoint: { id: 'e1' } });
    }
    await clock.advance(30_000 * 3);
    while (used().length === 3) round(fails('e1'));
    expect(events.at(-1)).toMatchObject({ kind: 'ejected', forMs: 60_000 });
  });

  it('never has more out than the share, but always may have one', () => {
    const ten = fleet(10, { maxEjected: 0.3 });
    for (let nth = 0; nth < 20; nth++) ten.round(() => failed);
    expect(ten.used()).toHaveLength(7);
    const three = fleet(3, { maxEjected: 0.1 });
    for (let nth = 0; nth < 20; nth++) three.round(() => failed);
    expect(three.used()).toHaveLength(2);
    const none = fleet(3, { maxEjected: 0 });
    for (let nth = 0; nth < 20; nth++) none.round(() => failed);
    expect(none.used()).toHaveLength(2);
  });

  it('goes on using all when so many are out that it is panic', () => {
    const { round, used, orders, events } = fleet(2, { maxEjected: 1 }, 0.5);
    for (let nth = 0; nth < 20; nth++) round(() => failed);
    expect(used()).toEqual(['e0', 'e1']);
    expect(orders.choice.selection).toMatchObject({ panic: true, usable: [] });
    expect(events.filter(({ kind }) => kind === 'panic')).toEqual([{ kind: 'panic', on: true }]);
  });

  it('brings an endpoint back slowly, a tenth more of its weight at each step', async () => {
    const { round, clock, used, orders } = fleet(3, { slowStartMs: 10_000 });
    while (used().length === 3) round(fails('e1'));
    const weight = () => orders.choice.selection.candidates.find(({ id }) => id === 'e1')?.weight;
    await clock.advance(30_000);
    expect(weight()).toBeCloseTo(0.1);
    orders.acquire();
    await clock.advance(999);
    expect(weight()).toBeCloseTo(0.1);
    await clock.advance(1001);
    expect(weight()).toBeCloseTo(0.2);
    await clock.advance(3000);
    expect(weight()).toBeCloseTo(0.5);
    const picked = Array.from({ length: 250 }, () => orders.acquire()?.endpoint.id);
    expect(Math.abs(picked.filter((id) => id === 'e1').length - 50)).toBeLessThanOrEqual(1);
    await clock.advance(5000);
    expect(weight()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('ejects an endpoint that fails again while it starts slowly, for longer', async () => {
    const { round, clock, used, events } = fleet(3, { slowStartMs: 10_000 });
    while (used().length === 3) round(fails('e1'));
    await clock.advance(32_000);
    while (used().length === 3) round(fails('e1'));
    expect(events.at(-1)).toMatchObject({ kind: 'ejected', forMs: 60_000 });
  });

  it('ejects whose success rate lies far below the others, given enough requests', async () => {
    const settings = { consecutiveFailures: 0, successRateDeviation: 1.9, successRateVolume: 100 };
    const { round, clock, used, events } = fleet(10, settings);
    const flaky = (rate: number) => {
      let nth = 0;
      return (id: string) => (id === 'e3' && nth++ % 10 < rate * 10 ? failed : ok);
    };
    const some = flaky(0.3);
    for (let nth = 0; nth < 90; nth++) round(some);
    await clock.advance(10_000);
    expect(used()).toHaveLength(10);
    for (let nth = 0; nth < 110; nth++) round(some);
    await clock.advance(10_000);
    expect(used()).not.toContain('e3');
    expect(events.at(-1)).toMatchObject({ kind: 'ejected', reason: 'success-rate' });
  });

  it('begins each comparison of success rates anew', async () => {
    const settings = { consecutiveFailures: 0, successRateDeviation: 1.9, successRateVolume: 100 };
    const { round, clock, used } = fleet(10, settings);
    for (let interval = 0; interval < 4; interval++) {
      for (let nth = 0; nth < 60; nth++) round(fails('e3'));
      await clock.advance(10_000);
    }
    expect(used()).toHaveLength(10);
  });

  it('compares no success rates of fewer than five', async () => {
    const settings = { consecutiveFailures: 0, successRateDeviation: 0.5, successRateVolume: 10 };
    const { round, clock, used } = fleet(4, settings);
    for (let nth = 0; nth < 50; nth++) round(fails('e1'));
    await clock.advance(10_000);
    expect(used()).toHaveLength(4);
  });

  it('takes many that fail at once out of a long list together, within 10 ms for a thousand', async () => {
    const { orders, clock, used } = fleet(1000, { consecutiveFailures: 1 });
    for (let request = 0; request < 100; request++) orders.acquire()?.settle(failed);
    expect(used()).toHaveLength(1000);
    await clock.advance(10);
    expect(used()).toHaveLength(900);
    for (let request = 0; request < 900; request++) orders.acquire()?.settle(ok);
    expect(clock.pending).toBe(1);
  });

  it('leaves no timer behind once closed', () => {
    const { round, used, orders, clock } = fleet(3);
    while (used().length === 3) round(fails('e1'));
    expect(clock.pending).toBe(1);
    orders.close();
    expect(clock.pending).toBe(0);
  });
});
