import { freePorts } from '../../../test/support/free-port.ts';
import { Blackhole } from '../blackhole.ts';
import { callFleet } from '../call-fleet.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import type { BenchSidecar } from '../sidecar.ts';
import type { Stage } from '../stage.ts';
import { TcpRelay } from '../tcp-relay.ts';

/** Load for a while, on a service of which something is wrong. */
async function loadOn(
  stage: Stage,
  caller: BenchSidecar,
): Promise<Outcome & { readonly maxMs: number; readonly p90Ms: number }> {
  const requestsPerSecond = stage.pick(500, 100);
  const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.25 });
  load.mark();
  await stage.wait(stage.pick(5000, 1500));
  const report = await load.stop();
  const { duplicates } = await stage.executions();
  stage.claim('0 requests of any method fail', report.failed === 0, report.failures);
  stage.claim('no POST is executed twice', duplicates === 0, duplicates);
  const figures = { 'p50 ms': report.p50Ms, 'p99 ms': report.p99Ms, 'longest ms': report.maxMs };
  return { load: report, duplicates, recoveryMs: report.recoveryMs, figures, maxMs: report.maxMs, p90Ms: report.p90Ms };
}

/** Instances that cannot be connected to. */
export const connectionScenarios: readonly Scenario[] = [
  {
    name: 'refused-one',
    fault: 'one of three is in the catalog and its port refuses',
    must: 'another instance answers, whatever the method; then all refuse: 502 connection_refused',
    registry: 'any',
    async play(stage) {
      const apps = await stage.fleet('fleet', 2);
      const caller = await stage.caller(['defaults.outlier.consecutiveFailures=0']);
      await caller.sees('fleet', 2);
      // The first one warms everything up.
      await loadOn(stage, caller);
      const without = await loadOn(stage, caller);
      const [closed = 0] = await freePorts(1);
      await stage.register('fleet', 'closed', closed);
      await caller.sees('fleet', 3);
      const outcome = await loadOn(stage, caller);
      // A third of the requests are refused first, so the ninth tenth is among them.
      const addedMs = outcome.p90Ms - without.p90Ms;
      stage.figure('a refusal adds less than 10 ms (p90 against p90 without it)', addedMs, 10);
      for (const app of apps) await app.kill();
      for (const method of ['GET', 'POST']) {
        const got = await callFleet(caller.proxyUrl, method);
        const isRight = got.status === 502 && got.proxyStatus.includes('connection_refused');
        stage.claim(`all refuse: ${method} gets 502 connection_refused`, isRight, got);
      }
      return { ...outcome, figures: { ...outcome.figures, 'added ms': addedMs } };
    },
  },
  {
    name: 'blackhole-one',
    fault: 'one of three drops every SYN',
    must: 'another instance answers after the connect timeout, whatever the method; then all do: 504 connection_timeout',
    registry: 'any',
    async play(stage) {
      const apps = await stage.fleet('fleet', 2);
      const hole = stage.use(await Blackhole.start());
      await stage.register('fleet', 'hole', hole.port);
      const patient = await stage.caller(['defaults.timeouts.connect=500ms']);
      await patient.sees('fleet', 3);
      const outcome = await loadOn(stage, patient);
      stage.figure('nobody waits much longer than the connect timeout of 500 ms', outcome.maxMs, 750);
      for (const { instance } of apps) await stage.deregister(instance);
      const caller = await stage.caller(['defaults.timeouts.connect=300ms']);
      await caller.sees('fleet', 1);
      const got = await callFleet(caller.proxyUrl);
      stage.claim(
        'all drop: 504 connection_timeout',
        got.status === 504 && got.proxyStatus.includes('connection_timeout'),
        got,
      );
      return outcome;
    },
  },
  {
    name: 'relay-resets',
    fault: 'every connection to one of three is reset, five times, while it is used and while it is idle',
    must: 'no GET fails; no POST is executed twice',
    registry: 'any',
    async play(stage) {
      const [first] = await stage.fleet('fleet', 2);
      const behind = await stage.app('behind');
      const relay = stage.use(await TcpRelay.start(behind.port));
      await stage.register('fleet', 'behind', relay.port);
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const load = stage.load({
        proxyUrl: caller.proxyUrl,
        service: 'fleet',
        requestsPerSecond: stage.pick(500, 100),
        postShare: 0.25,
      });
      for (let round = 0; round < 5; round++) {
        await stage.wait(stage.pick(1000, 200));
        load.mark();
        relay.resetAll();
      }
      await stage.wait(200);
      const report = await load.stop();
      const { duplicates } = await stage.executions();
      stage.claim('0 GETs fail', report.failedGets === 0, report.failures);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      stage.claim('the apps are still there', (await first?.control()) !== undefined, '');
      const figures = { 'POSTs failed': report.failedPosts.length, connections: relay.accepted };
      return { load: report, duplicates, recoveryMs: report.recoveryMs, figures };
    },
  },
];
