import { until } from '../../../test/support/until.ts';
import type { ChaosApp } from '../app.ts';
import { openConnections, residentBytes } from '../process-facts.ts';
import type { Scenario } from '../scenario.ts';
import { BenchSidecar } from '../sidecar.ts';
import type { Stage } from '../stage.ts';
import { longestTurnMs, TURNS } from '../turns.ts';

/** An answer of `/v1/health/service/fleet` with many instances, all at the ports of a few apps. */
function manyInstances(apps: readonly ChaosApp[], count: number): string {
  const entries = Array.from({ length: count }, (_, index) => ({
    Node: { Node: `node-${index % 500}`, Address: '127.0.0.1', Datacenter: 'dc1', Meta: { zone: `z${index % 3}` } },
    Service: {
      ID: `fleet-${index}`,
      Service: 'fleet',
      Tags: ['v1', 'api'],
      Address: '127.0.0.1',
      Port: apps[index % apps.length]?.port,
      Meta: { version: '1.4.2' },
      Weights: { Passing: 1, Warning: 1 },
    },
    Checks: [
      { CheckID: `service:fleet-${index}`, Name: 'Service check', Status: 'passing', Output: 'HTTP GET: 200 OK' },
    ],
  }));
  return JSON.stringify(entries);
}

/** Much of something at once. */
export const scaleScenarios: readonly Scenario[] = [
  {
    name: 'big-update',
    fault: 'an answer with 10,000 instances comes at once, at 500 requests/s',
    must: 'no request fails; the event loop is held up less than 20 ms',
    registry: 'any',
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      const relay = await stage.relay();
      const caller = stage.use(await BenchSidecar.start(['--consul', relay.address], TURNS));
      await caller.sees('fleet', 3);
      const count = stage.pick(10_000, 2000);
      const warm = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 100) });
      await stage.wait(stage.pick(3000, 500));
      await warm.stop();
      const whole = manyInstances(apps, count);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 100) });
      await caller.metric('pilotfish_event_loop_delay_seconds');
      await longestTurnMs(caller);
      load.mark();
      relay.set({ kind: 'answer', status: 200, body: whole, index: 5_000_001 });
      // Nothing is asked of it meanwhile: to look at 10,000 instances costs time too.
      await stage.wait(stage.pick(11_000, 500));
      const delayMs = (await caller.metric('pilotfish_event_loop_delay_seconds', 'statistic="max"')) * 1000;
      const turnMs = await longestTurnMs(caller);
      await until(
        'all are seen',
        async () => (await caller.metric('pilotfish_upstream_endpoints', 'upstream="fleet"')) >= count,
      );
      const report = await load.stop();
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.figure('no turn of the event loop takes 20 ms of CPU', turnMs, 20);
      stage.figure('event loop held up less than 20 ms, whoever else wants the processor', delayMs, 20);
      const figures = {
        'longest turn, CPU ms': turnMs,
        'event loop delay, most ms': delayMs,
        'p99 ms': report.p99Ms,
        'longest ms': report.maxMs,
      };
      return { load: report, recoveryMs: report.recoveryMs, figures };
    },
  },
  {
    name: 'many-services',
    fault: '1,000 services are called and so watched, by one sidecar, with the defaults',
    must: 'under 200 connections to Consul; under 150 MB of memory; every first call is answered',
    registry: 'consul',
    async play(stage) {
      const count = stage.pick(1000, 100);
      const app = await stage.app('everything');
      for (let from = 0; from < count; from += 50) {
        const names = Array.from({ length: Math.min(50, count - from) }, (_, index) => `many-${from + index}`);
        await Promise.all(names.map((name) => stage.register(name, name, app.port)));
      }
      const caller = await stage.caller();
      const idleBytes = await residentBytes(caller.process.pid);
      const statuses = new Map<number, number>();
      const beganMs = performance.now();
      let most = 0;
      for (let from = 0; from < count; from += 25) {
        const calls = Array.from({ length: Math.min(25, count - from) }, async (_, index) => {
          const answer = await fetch(`${caller.proxyUrl}/many-${from + index}/`);
          await answer.arrayBuffer();
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        });
        await Promise.all(calls);
        most = Math.max(most, await openConnections(caller.process.pid, stage.registry.address));
      }
      const calledMs = performance.now() - beganMs;
      await stage.wait(stage.pick(20_000, 500));
      most = Math.max(most, await openConnections(caller.process.pid, stage.registry.address));
      const rssMb = (await residentBytes(caller.process.pid)) / 1e6;
      const changedMs = await seenAfterMs(stage, caller.adminUrl, app.port);
      stage.claim('every first call is answered', statuses.get(200) === count, [...statuses]);
      stage.claim('under 200 connections to Consul', most < 200, most);
      stage.figure('under 150 MB', rssMb, 150);
      const figures = {
        services: count,
        'connections to Consul, most': most,
        'RSS MB': rssMb,
        'RSS MB before': idleBytes / 1e6,
        'first calls of all took ms': calledMs,
        'a change is seen after ms': changedMs,
      };
      return { figures };
    },
  },
  {
    name: 'cold-calls',
    fault: '500 first calls to a cold service come at the same moment',
    must: 'one query to Consul; all are answered',
    registry: 'any',
    async play(stage) {
      await stage.fleet('fleet', 3);
      const relay = await stage.relay();
      const caller = await stage.caller([], relay.address);
      const calls = 500;
      const beganMs = performance.now();
      const answers = await Promise.all(
        Array.from({ length: calls }, async () => {
          const answer = await fetch(`${caller.proxyUrl}/fleet/`);
          await answer.arrayBuffer();
          return answer.status;
        }),
      );
      const tookMs = performance.now() - beganMs;
      const failed = answers.filter((status) => status !== 200).length;
      stage.claim('all are answered', failed === 0, failed);
      // The first, and the blocking one that follows it and waits.
      stage.claim('one query answered, one waiting', relay.queries <= 2 && relay.waiting === 1, [
        relay.queries,
        relay.waiting,
      ]);
      return {
        load: { requests: calls, failed, worstGapMs: 0 },
        figures: { 'all answered after ms': tookMs, 'queries answered': relay.queries - relay.waiting },
      };
    },
  },
];

/** Until a change of one of many watched services is seen: its second instance. */
async function seenAfterMs(stage: Stage, adminUrl: string, port: number): Promise<number> {
  await stage.register('many-1', 'many-1-b', port);
  const beganMs = performance.now();
  await until(
    'the change is seen',
    async () => {
      const seen = await (await fetch(`${adminUrl}/hosts/many-1`)).json();
      return Array.isArray(seen) && seen.length === 2;
    },
    60_000,
  );
  return performance.now() - beganMs;
}
