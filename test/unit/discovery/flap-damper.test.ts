import { describe, expect, it } from 'vitest';
import { DampedSource } from '../../../src/discovery/damped-source.ts';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { DEFAULT_FLAP_SETTINGS, FlapDamper } from '../../../src/discovery/flap-damper.ts';
import { endpointNo } from '../../support/discovery-endpoint.ts';
import { consume, ScriptedSource } from '../../support/discovery-source.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const up = [endpointNo(1), endpointNo(2)];
const down = [endpointNo(1, { health: 'critical' }), endpointNo(2)];

/** Lets the first endpoint go down and up `flaps` times altogether, 20 ms apart. */
function flap(damper: FlapDamper, flaps: number, fromMs = 0): number {
  let nowMs = fromMs;
  for (let count = 0; count < flaps; count++) {
    nowMs += 20;
    damper.take(count % 2 === 0 ? down : up, nowMs);
  }
  return nowMs;
}

describe('an endpoint that flaps', () => {
  it('counts as the catalog says up to the fourth flap', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    const nowMs = flap(damper, 4);
    expect(damper.take(up, nowMs).endpoints).toEqual(up);
  });

  it('counts as critical from the fifth on, and the others as ever', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    const nowMs = flap(damper, 6);
    expect(damper.take(up, nowMs).endpoints).toEqual(down);
  });

  it('looks the same whatever its checks say meanwhile, and as they say afterwards', () => {
    const check = (status: 'passing' | 'critical') => ({
      health: status,
      checks: [{ id: 'service:app-1', name: 'Service check', status, output: '' }],
    });
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    const take = (status: 'passing' | 'critical', atMs: number) =>
      damper.take([endpointNo(1, check(status)), endpointNo(2)], atMs).endpoints;
    take('passing', 0);
    for (let turn = 1; turn <= 5; turn++) take(turn % 2 === 1 ? 'critical' : 'passing', turn * 20);
    expect(take('passing', 120)).toEqual(take('critical', 140));
    expect(take('passing', 160)).toMatchObject([{ health: 'critical' }, { health: 'passing' }]);
    expect(damper.take(undefined, 5160).endpoints).toEqual([endpointNo(1, check('passing')), endpointNo(2)]);
  });

  it('counts as the catalog says while nobody else is there, or nobody else passes', () => {
    for (const others of [[], [endpointNo(2, { health: 'critical' })], [endpointNo(2, { health: 'warning' })]]) {
      const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
      for (let turn = 0; turn <= 8; turn++) {
        const set = [endpointNo(1, { health: turn % 2 === 0 ? 'passing' : 'critical' }), ...others];
        expect(damper.take(set, turn * 20).endpoints).toEqual(set);
      }
    }
  });

  it('counts as the catalog says while all of them flap', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    for (let turn = 0; turn <= 8; turn++) {
      const health = turn % 2 === 0 ? 'passing' : 'critical';
      const set = [endpointNo(1, { health }), endpointNo(2, { health })];
      expect(damper.take(set, turn * 20).endpoints).toEqual(set);
    }
  });

  it('in maintenance is in maintenance', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    const nowMs = flap(damper, 6);
    const maintained = endpointNo(1, { health: 'maintenance' });
    expect(damper.take([maintained, endpointNo(2)], nowMs + 20).endpoints[0]).toBe(maintained);
  });

  it('is trusted again after 5 s of quiet, and no sooner', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    const nowMs = flap(damper, 6);
    expect(damper.reviewInMs(nowMs)).toBe(5000);
    expect(damper.take(undefined, nowMs + 4999).endpoints).toEqual(down);
    expect(damper.take(undefined, nowMs + 5000)).toEqual({ endpoints: up, began: [], ended: ['node-1/app-1'] });
    expect(damper.reviewInMs(nowMs + 5000)).toBeUndefined();
  });

  it('is gone at once when it is deregistered', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    const nowMs = flap(damper, 6);
    expect(damper.take([endpointNo(2)], nowMs).endpoints).toEqual([endpointNo(2)]);
  });

  it('also flaps by being registered and deregistered', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    for (let turn = 1; turn <= 6; turn++) damper.take(turn % 2 === 1 ? [endpointNo(2)] : up, turn * 20);
    expect(damper.take(up, 130).endpoints).toEqual(down);
  });

  it('does not, when the same number of changes takes a minute', () => {
    const damper = new FlapDamper(DEFAULT_FLAP_SETTINGS);
    damper.take(up, 0);
    for (let turn = 1; turn <= 20; turn++) damper.take(turn % 2 === 1 ? down : up, turn * 3000);
    expect(damper.take(up, 61_000).endpoints).toEqual(up);
  });
});

it('an instance that flaps 50 times a second for 10 s costs its consumers six views', async () => {
  const clock = new FakeClock();
  const catalog = new ScriptedSource();
  const events: DiscoveryEvent[] = [];
  const seen = consume(new DampedSource({ source: catalog, clock, onEvent: (event) => events.push(event) }));
  await settle();
  catalog.answer(up);
  for (let flaps = 0; flaps < 500; flaps++) {
    await clock.advance(20);
    catalog.answer(flaps % 2 === 0 ? down : up);
    await settle();
  }
  expect(seen.sets).toHaveLength(6);
  await clock.advance(5000);
  expect(seen.sets).toHaveLength(7);
  expect(seen.latest?.endpoints).toEqual(up);
  expect(events.map(({ kind }) => kind)).toEqual(['flapping', 'steady']);
  await seen.stop();
  expect(clock.pending).toBe(0);
});
