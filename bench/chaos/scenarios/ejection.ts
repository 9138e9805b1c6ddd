import { until } from '../../../test/support/until.ts';
import { WELL } from '../app-behaviour.ts';
import type { Scenario } from '../scenario.ts';

/** Instances that fail, and what the caller's sidecar makes of them. */
export const ejectionScenarios: readonly Scenario[] = [
  {
    name: 'eject-one',
    fault: 'one of three answers 500, then is well again',
    must: 'ejected after 5 failures in a row; the list changes meanwhile and it stays out; it comes back slowly',
    registry: 'any',
    failuresAreMeant: true,
    async play(stage) {
      const [victim] = await stage.fleet('fleet', 3);
      const caller = await stage.caller(['defaults.outlier.ejectFor=3s', 'defaults.outlier.slowStart=4s']);
      await caller.sees('fleet', 3);
      const standing = async () =>
        (await caller.view('fleet')).instances.find(({ id }) => id.endsWith('fleet-1'))?.standing;
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(300, 90) });
      load.mark();
      await victim?.control({ kind: 'answer', status: 500, workMs: 0 });
      await until('it is ejected', async () => (await standing()) === 'ejected');
      const ejectedMs = performance.now();
      const fourth = await stage.app('fleet-4');
      await stage.register('fleet', 'fleet-4', fourth.port);
      await until('the new one is seen', async () => (await caller.view('fleet')).instances.length === 4);
      stage.claim('it stays out when the list changes', (await standing()) === 'ejected', await standing());
      await victim?.control(WELL);
      await until('it comes back', async () => (await standing()) === 'returning');
      const outMs = performance.now() - ejectedMs;
      const before = load.byInstance;
      await stage.wait(1000);
      const share = sharesOf(before, load.byInstance).get('fleet-1') ?? 0;
      await until('it is back wholly', async () => (await standing()) === 'in-use');
      const report = await load.stop();
      stage.claim('5 requests saw it fail', report.failed === 5, report.failed);
      stage.claim('at first it gets less than its quarter', share < 0.2, share.toFixed(3));
      const figures = { 'out for ms': outMs, 'share in its first second': share.toFixed(3) };
      return { load: report, recoveryMs: report.recoveryMs, figures };
    },
  },
  {
    name: 'panic',
    fault: 'all three answer 500 and are ejected, then are well again',
    must: 'all are used in spite of it, so the first requests after they are well are answered',
    registry: 'any',
    failuresAreMeant: true,
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      const caller = await stage.caller(['defaults.outlier.maxEjected=100%']);
      await caller.sees('fleet', 3);
      for (const app of apps) await app.control({ kind: 'answer', status: 500, workMs: 0 });
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(300, 90) });
      const allOut = async () => (await caller.view('fleet')).instances.every(({ standing }) => standing === 'ejected');
      await until('all are ejected', allOut);
      const { panic } = await caller.view('fleet');
      for (const app of apps) await app.control(WELL);
      load.mark();
      await stage.wait(stage.pick(2000, 600));
      stage.claim('panic is told', panic, panic);
      stage.claim('still ejected, and used', await allOut(), '');
      const report = await load.stop();
      const used = [...report.byInstance.keys()].sort();
      stage.claim('all three are used', used.length === 3, used);
      return { load: report, recoveryMs: report.recoveryMs };
    },
  },
];

/** Each instance's share of the answers between two counts. */
function sharesOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const counts = [...after].map(([instance, count]) => [instance, count - (before.get(instance) ?? 0)] as const);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return new Map(counts.map(([instance, count]) => [instance, count / total]));
}
