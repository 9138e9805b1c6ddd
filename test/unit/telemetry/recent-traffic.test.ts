import { expect, test } from 'vitest';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { RecentTraffic } from '../../../src/telemetry/recent-traffic.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { RequestSeries } from '../../../src/telemetry/request-series.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const QUIET = { perSecond: 0, errorShare: 0, p50Ms: undefined, p99Ms: undefined };

function start() {
  const registry = new Registry();
  const { serverDuration } = pilotfishMetrics(registry);
  const clock = new FakeClock();
  return {
    registry,
    clock,
    traffic: new RecentTraffic(serverDuration, 'upstream', clock),
    orders: new RequestSeries(serverDuration, 'orders'),
    users: new RequestSeries(serverDuration, 'users'),
  };
}

test('sums all series of an upstream, and no other: rate, share of errors, quantiles', async () => {
  const { traffic, orders, users, clock } = start();
  users.of('GET', 200, '').record(9);
  for (let index = 0; index < 98; index++) orders.of('GET', 200, '').record(0.01);
  orders.of('POST', 500, '').record(1);
  orders.of('POST', 0, 'connect_failed').record(1);
  await clock.advance(4000);
  const { perSecond, errorShare, p50Ms, p99Ms } = traffic.of('orders');
  expect(perSecond).toBe(25);
  expect(errorShare).toBe(0.02);
  expect(Math.abs((p50Ms ?? 0) - 10)).toBeLessThan(0.4);
  expect(Math.abs((p99Ms ?? 0) - 1000)).toBeLessThan(70);
  expect(traffic.of('nobody')).toEqual(QUIET);
});

test('is over the last ten seconds while somebody looks', async () => {
  const { traffic, orders, clock } = start();
  for (let second = 0; second < 30; second++) {
    if (second < 12) orders.of('GET', 200, '').record(0.5);
    else orders.of('GET', 200, '').record(0.002);
    await clock.advance(1000);
    traffic.of('orders');
  }
  const { perSecond, p99Ms } = traffic.of('orders');
  expect(perSecond).toBe(1);
  expect(p99Ms).toBeLessThan(3);
});

test('two viewers see the same', async () => {
  const { traffic, orders, clock } = start();
  orders.of('GET', 200, '').record(0.5);
  await clock.advance(1000);
  expect(traffic.of('orders')).toEqual(traffic.of('orders'));
});

test('survives that series disappear and come back', async () => {
  const { traffic, orders, registry, clock } = start();
  orders.of('GET', 200, '').record(0.5);
  await clock.advance(3000);
  traffic.of('orders');
  registry.forget('upstream', 'orders');
  await clock.advance(3000);
  expect(traffic.of('orders')).toEqual(QUIET);
});
