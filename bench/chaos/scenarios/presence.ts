import { until } from '../../../test/support/until.ts';
import { spreadOf } from '../../harness/quantiles.ts';
import { callFleet } from '../call-fleet.ts';
import type { Scenario } from '../scenario.ts';
import type { BenchSidecar } from '../sidecar.ts';

/** Requests at two instances when one of them leaves; half of them are POSTs. */
const UNDER_WAY = 20;

/** Instances that come and go on purpose. */
export const presenceScenarios: readonly Scenario[] = [
  {
    name: 'leave-and-join',
    fault: 'one of three is deregistered and one added, at 2,000 requests/s',
    must: 'no request fails; no new one 50 ms after Consul answered; the rest share evenly within 2 %',
    registry: 'consul',
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const requestsPerSecond = stage.pick(2000, 300);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.1 });
      const counts = [load.byInstance];
      const phase = async () => {
        await stage.wait(stage.pick(6500, 800));
        counts.push(load.byInstance);
      };
      await phase();
      load.mark();
      await stage.deregister('fleet-1');
      const answeredMs = Date.now();
      await stage.wait(500);
      counts.push(load.byInstance);
      await phase();
      const { lastArrivalMs = 0 } = (await apps[0]?.control()) ?? {};
      const joined = await stage.app('fleet-4');
      await stage.register('fleet', 'fleet-4', joined.port);
      await caller.sees('fleet', 3);
      await stage.wait(500);
      counts.push(load.byInstance);
      await phase();
      const report = await load.stop();
      const { duplicates } = await stage.executions();
      const spreads = [
        spread(counts[0], counts[1], ['fleet-1', 'fleet-2', 'fleet-3']),
        spread(counts[2], counts[3], ['fleet-2', 'fleet-3']),
        spread(counts[4], counts[5], ['fleet-2', 'fleet-3', 'fleet-4']),
      ];
      const worst = Math.max(...spreads);
      const lateMs = lastArrivalMs - answeredMs;
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      stage.claim('nobody is left out', worst < 0.5, spreads);
      stage.figure('even within 2 %', worst * 100, 2);
      stage.figure('no new request 50 ms after Consul answered', lateMs, 50);
      const figures = {
        'off even, worst of three phases %': (worst * 100).toFixed(2),
        'last request to it, ms after Consul answered': lateMs,
      };
      return { load: report, duplicates, recoveryMs: report.recoveryMs, figures };
    },
  },
  {
    name: 'leave-while-asked',
    fault: 'one of two is deregistered while it works on requests',
    must: 'they are answered by it; none comes to it afterwards',
    registry: 'consul',
    async play(stage) {
      const apps = await stage.fleet('fleet', 2);
      const [leaving] = apps;
      const caller = await stage.caller();
      await caller.sees('fleet', 2);
      const workMs = stage.pick(5000, 1500);
      for (const app of apps) await app.control({ kind: 'answer', status: 200, workMs });
      const asked = Array.from({ length: UNDER_WAY }, (_, i) => callFleet(caller.proxyUrl, i < 10 ? 'GET' : 'POST'));
      const underWay = await until('requests are under way at both', async () => {
        const counts = await Promise.all(apps.map((app) => app.control()));
        return counts.every(({ served }) => served === UNDER_WAY / 2) && counts[0]?.served;
      });
      await stage.deregister('fleet-1');
      await caller.sees('fleet', 1);
      const late = await Promise.all(Array.from({ length: UNDER_WAY }, () => callFleet(caller.proxyUrl)));
      const answers = await Promise.all(asked);
      const served = (await leaving?.control())?.served;
      stage.claim(
        'all are answered with 200',
        [...answers, ...late].every(({ status }) => status === 200),
        answers,
      );
      stage.claim('none came to it afterwards', served === underWay, served);
      return { figures: { 'requests under way at it': underWay, 'answered after s': workMs / 1000 } };
    },
  },
  {
    name: 'rolling-restart',
    fault: 'three pairs are restarted one after the other (SIGTERM), twice, under load',
    must: 'no request fails; each drain ends as soon as the callers have left',
    registry: 'consul',
    async play(stage) {
      const start = (id: string) => stage.pair('fleet', id);
      const pairs: BenchSidecar[] = await Promise.all(['one', 'two', 'three'].map(start));
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const requestsPerSecond = stage.pick(500, 100);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.25 });
      const drains: number[] = [];
      const codes: (number | undefined)[] = [];
      for (let round = 0; round < stage.pick(2, 1); round++) {
        for (const [index, id] of ['one', 'two', 'three'].entries()) {
          const leaving = pairs[index];
          if (leaving === undefined) continue;
          drains.push(await leaving.drain());
          codes.push((await leaving.process.ended).code);
          pairs[index] = await start(id);
          await caller.sees('fleet', 3);
        }
      }
      const report = await load.stop();
      const { duplicates } = await stage.executions();
      stage.claim('0 requests fail, POSTs included', report.failed === 0, report.failures);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      stage.claim(
        'every sidecar ends with 0',
        codes.every((code) => code === 0),
        codes,
      );
      const { median, max } = spreadOf(drains);
      stage.figure('median drain under 3 s', median, 3000);
      return {
        load: report,
        duplicates,
        recoveryMs: report.recoveryMs,
        figures: { 'drain, median ms': median, 'longest ms': max },
      };
    },
  },
  {
    name: 'sigterm-order',
    fault: 'SIGTERM on a sidecar with its app under `run -- app`',
    must: 'not ready, then out of the catalog, then the app is told; exit 0',
    registry: 'consul',
    async play(stage) {
      const pair = await stage.pair('fleet', 'leaving');
      await until('it is healthy', async () => (await stage.health('fleet')).length === 1);
      const beganMs = performance.now();
      const told = pair.process.written(/the app was told to stop/);
      pair.process.signal('SIGTERM');
      await until('it says that it is not ready', async () => !(await pair.readiness()).ready);
      await told;
      const toldMs = performance.now() - beganMs;
      const left = await stage.health('fleet');
      stage.claim('out of the catalog when the app is told', left.length === 0, left.length);
      const { code } = await pair.process.ended;
      stage.claim('exit 0', code === 0, code);
      return { figures: { 'app told after ms': toldMs, 'ended after ms': performance.now() - beganMs } };
    },
  },
  {
    name: 'killed-whole',
    fault: 'a pair is killed (SIGKILL), and nobody deregisters it',
    must: 'critical within the check’s interval and timeout; removed by deregisterAfter (the reaper adds up to 30 s)',
    registry: 'consul',
    async play(stage) {
      // Another app may take the port that becomes free: it must not look like this one.
      const pair = await stage.pair('fleet', 'gone', ['service.healthListen=127.0.0.1:0']);
      const isAll = async (status: string) =>
        (await stage.health('fleet')).flatMap(({ Checks }) => Checks).some(({ Status }) => Status === status);
      await until('it passes', async () => {
        const checks = (await stage.health('fleet')).flatMap(({ Checks }) => Checks);
        return checks.length > 0 && checks.every(({ Status }) => Status === 'passing');
      });
      await pair.killBoth();
      const beganMs = performance.now();
      await until('it is critical', () => isAll('critical'));
      const criticalMs = performance.now() - beganMs;
      stage.figure('critical within interval 1 s and timeout 5 s', criticalMs, 6000);
      if (stage.quick) return { figures: { 'critical after ms': criticalMs } };
      await until('it is removed', async () => (await stage.health('fleet')).length === 0, 120_000);
      const removedMs = performance.now() - beganMs;
      stage.figure('removed within 1 min and the reaper’s 30 s', removedMs, 95_000);
      return { figures: { 'critical after ms': criticalMs, 'removed after ms': removedMs } };
    },
  },
];

/** How far the answers of these instances lie from an even share, at worst, as a share of it. */
function spread(
  before: ReadonlyMap<string, number> = new Map(),
  after: ReadonlyMap<string, number> = new Map(),
  instances: readonly string[] = [],
): number {
  const counts = instances.map((instance) => (after.get(instance) ?? 0) - (before.get(instance) ?? 0));
  const even = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return Math.max(...counts.map((count) => Math.abs(count - even) / even));
}
