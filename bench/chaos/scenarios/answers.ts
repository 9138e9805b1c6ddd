import { callFleet } from '../call-fleet.ts';
import type { Scenario } from '../scenario.ts';

/** Instances that can be connected to and do not answer as they should. */
export const answerScenarios: readonly Scenario[] = [
  {
    name: 'silent-all',
    fault: 'every instance accepts, reads and never answers',
    must: 'firstByte timeout, 504 http_response_timeout; the total deadline bounds it, attempts included',
    registry: 'any',
    failuresAreMeant: true,
    async play(stage) {
      for (const app of await stage.fleet('fleet', 2)) await app.control({ kind: 'hang' });
      const caller = await stage.caller(['defaults.timeouts={connect: 1s, firstByte: 400ms, idle: 5m, total: 600ms}']);
      await caller.sees('fleet', 2);
      const got = await callFleet(caller.proxyUrl);
      const isRight = got.status === 504 && got.proxyStatus.includes('http_response_timeout');
      stage.claim('504 http_response_timeout', isRight, got);
      stage.figure('within the total deadline of 600 ms', got.tookMs, 900);
      return { figures: { 'answer after ms': got.tookMs } };
    },
  },
  {
    name: 'reset-before-answer',
    fault: 'one of three executes requests and resets the connection instead of answering',
    must: 'no GET fails (another instance); a POST gets 502 and is not executed again; it is ejected',
    registry: 'any',
    async play(stage) {
      const [victim] = await stage.fleet('fleet', 3);
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const requestsPerSecond = stage.pick(500, 100);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.25 });
      await stage.wait(stage.pick(1000, 300));
      load.mark();
      await victim?.control({ kind: 'reset' });
      await stage.wait(stage.pick(3000, 1000));
      const report = await load.stop();
      const { duplicates } = await stage.executions();
      stage.claim('0 GETs fail', report.failedGets === 0, report.failures);
      stage.claim(
        'POSTs fail with 502',
        report.failures.every((text) => text.startsWith('POST: 502')),
        report.failures,
      );
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      const { instances } = await caller.view('fleet');
      stage.claim(
        'it is ejected',
        instances.some(({ standing }) => standing === 'ejected'),
        instances,
      );
      return {
        load: report,
        duplicates,
        recoveryMs: report.recoveryMs,
        figures: { 'POSTs failed': report.failedPosts.length },
      };
    },
  },
  {
    name: 'reset-mid-body',
    fault: 'every instance breaks off in the middle of its answer',
    must: 'never tried again: the caller sees a broken body; each request reached one instance, once',
    registry: 'any',
    failuresAreMeant: true,
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      for (const app of apps) await app.control({ kind: 'break' });
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: 60 });
      await stage.wait(1000);
      const report = await load.stop();
      const served = await servedBy(apps);
      stage.claim('every caller sees a broken answer', report.byStatus.get('broken') === report.requests, [
        ...report.byStatus,
      ]);
      const seen = `${served} of ${report.requests}`;
      stage.claim('each request reached an instance once', served === report.requests, seen);
      return { load: report };
    },
  },
  {
    name: 'gateway-answers',
    fault: 'one of three answers 503; later all do',
    must: 'a GET goes to another instance and no field of the first answer is seen; with all, the last answer is relayed',
    registry: 'any',
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 100) });
      await stage.wait(stage.pick(1000, 300));
      load.mark();
      await apps[0]?.control({ kind: 'answer', status: 503, workMs: 0 });
      await stage.wait(stage.pick(3000, 1000));
      const report = await load.stop();
      stage.claim('0 GETs fail', report.failed === 0, report.failures);
      const other = await stage.caller();
      await other.sees('fleet', 3);
      const mixed: string[] = [];
      for (let index = 0; index < 6; index++) {
        const answer = await fetch(`${other.proxyUrl}/fleet/work`);
        const [instance, only] = [answer.headers.get('x-instance'), answer.headers.get('x-only-of')];
        if ((await answer.text()) !== instance || only !== instance) mixed.push(`${instance} ${only}`);
      }
      stage.claim('no field of an earlier answer leaks', mixed.length === 0, mixed);
      for (const app of apps) await app.control({ kind: 'answer', status: 503, workMs: 0 });
      const last = await fetch(`${other.proxyUrl}/fleet/work`);
      const isRelayed = last.status === 503 && last.headers.get('x-instance') === (await last.text());
      stage.claim('with all at 503 the last answer is relayed as it is', isRelayed, `${last.status}`);
      return { load: report, recoveryMs: report.recoveryMs };
    },
  },
  {
    name: 'storm-503',
    fault: 'every instance answers 503, at 1,000 requests/s',
    must: 'at most 1.2 × the requests reach them (budget 20 %, and 3 a second)',
    registry: 'any',
    failuresAreMeant: true,
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      for (const app of apps) await app.control({ kind: 'answer', status: 503, workMs: 0 });
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      const load = stage.load({
        proxyUrl: caller.proxyUrl,
        service: 'fleet',
        requestsPerSecond: stage.pick(1000, 200),
      });
      await stage.wait(stage.pick(10_000, 1500));
      const report = await load.stop();
      const served = await servedBy(apps);
      const factor = served / report.requests;
      // The first requests have no past to be a share of: the floor is theirs.
      stage.claim('at most 1.2 × the requests', served <= report.requests * 1.2 + 3, factor.toFixed(3));
      stage.claim('some are tried again', served > report.requests, served);
      return { load: report, figures: { 'requests that reached them, per request': factor.toFixed(3) } };
    },
  },
];

async function servedBy(apps: readonly { control(): Promise<{ served: number }> }[]): Promise<number> {
  const counts = await Promise.all(apps.map((app) => app.control()));
  return counts.reduce((sum, { served }) => sum + served, 0);
}
