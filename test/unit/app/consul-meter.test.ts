import { expect, test } from 'vitest';
import { ConsulMeter } from '../../../src/app/consul-meter.ts';
import type { Transport, WireReply, WireRequest } from '../../../src/consul/wire.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const reply: WireReply = { status: 200, headers: new Map(), body: Buffer.from('[]') };
const call: WireRequest = {
  method: 'GET',
  path: '/v1/health/service/orders',
  query: '',
  headers: {},
  body: undefined,
  lane: 'call',
  timeoutMs: 1000,
  signal: undefined,
};

function start(answer: () => Promise<WireReply>) {
  const metrics = pilotfishMetrics(new Registry());
  const inner: Transport = { send: answer, losses: 3, close: () => Promise.resolve() };
  const clock = new FakeClock();
  const meter = new ConsulMeter({ metrics, clock });
  return { metrics, clock, meter, transport: meter.around(inner) };
}

test('counts requests by API group and status, and the bytes of answers', async () => {
  const { metrics, meter, transport } = start(() => Promise.resolve(reply));
  await transport.send(call);
  await transport.send({ ...call, path: '/v1/secret/thing' });
  expect(metrics.consulRequests.bind('health', '200').value).toBe(1);
  expect(metrics.consulRequests.bind('other', '200').value).toBe(1);
  expect(metrics.consulBytes.bind('health').value).toBe(2);
  expect(metrics.consulDuration.bind('health').read().count).toBe(1);
  expect(transport.losses).toBe(3);
  expect(meter.link).toMatchObject({ isReachable: true, requests: 2, polls: 0, error: undefined });
});

test('counts polls while they wait, and not their time', async () => {
  const { promise, resolve } = Promise.withResolvers<WireReply>();
  const { metrics, meter, transport } = start(() => promise);
  const polling = transport.send({ ...call, lane: 'poll' });
  meter.collect();
  expect(metrics.consulPolls.bind().value).toBe(1);
  resolve(reply);
  await polling;
  meter.collect();
  expect(metrics.consulPolls.bind().value).toBe(0);
  expect(metrics.consulDuration.bind('health').read().count).toBe(0);
});

test('tells since when Consul cannot be reached, and why', async () => {
  let fails = false;
  const { metrics, clock, meter, transport } = start(() =>
    fails ? Promise.reject(new Error('connect ECONNREFUSED')) : Promise.resolve(reply),
  );
  expect(meter.link.isReachable).toBeUndefined();
  await transport.send(call);
  fails = true;
  await clock.advance(5000);
  await expect(transport.send(call)).rejects.toThrow('ECONNREFUSED');
  const since = clock.wallMs();
  await clock.advance(5000);
  await expect(transport.send(call)).rejects.toThrow('ECONNREFUSED');
  expect(meter.link).toMatchObject({ isReachable: false, sinceWallMs: since, error: 'connect ECONNREFUSED' });
  meter.collect();
  expect(metrics.consulReachable.bind().value).toBe(0);
  expect(metrics.consulRequests.bind('health', 'error').value).toBe(2);
});

test('what we took back ourselves says nothing about Consul', async () => {
  const { metrics, meter, transport } = start(() => Promise.reject(new Error('aborted')));
  await expect(transport.send({ ...call, signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  expect(meter.link.isReachable).toBeUndefined();
  expect(metrics.consulRequests.bind('health', 'error').value).toBe(0);
});

test('counts heartbeats by whether they were accepted', async () => {
  let status = 200;
  const { metrics, transport } = start(() => Promise.resolve({ ...reply, status }));
  await transport.send({ ...call, lane: 'heartbeat' });
  status = 500;
  await transport.send({ ...call, lane: 'heartbeat' });
  expect(metrics.heartbeats.bind('accepted').value).toBe(1);
  expect(metrics.heartbeats.bind('failed').value).toBe(1);
});
