import { freePorts } from '../../../test/support/free-port.ts';
import { Blackhole } from '../blackhole.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { TcpRelay } from '../tcp-relay.ts';

/** What a caller got, and how long it took. */
interface Got {
  readonly status: number;
  readonly proxyStatus: string;
  readonly tookMs: number;
}

async function call(proxyUrl: string, method = 'GET'): Promise<Got> {
  const beganMs = performance.now();
  const answer = await fetch(`${proxyUrl}/fleet/work`, { method });
  await answer.arrayBuffer();
  const proxyStatus = answer.headers.get('proxy-status') ?? '';
  return { status: answer.status, proxyStatus, tookMs: performance.now() - beganMs };
}

/** Load on two apps and something else, for a while. */
async function loadWith(
  stage: Stage,
  settings: readonly string[],
  count = 3,
): Promise<Outcome & { readonly maxMs: number; readonly p90Ms: number }> {
  const caller = await stage.caller(settings);
  await caller.sees('fleet', count);
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
export const connectScenarios: readonly Scenario[] = [
  {
    name: 'refused-one',
    fault: 'one of three is in the catalog and its port refuses',
    must: 'another instance answers, whatever the method; then all refuse: 502 connection_refused',
    registry: 'any',
    async play(stage) {
      const apps = await stage.fleet('fleet', 2);
      const notEjected = ['defaults.outlier.consecutiveFailures=0'];
      const without = await loadWith(stage, notEjected, 2);
      const [closed = 0] = await freePorts(1);
      await stage.register('fleet', 'closed', closed);
      const outcome = await loadWith(stage, notEjected);
      // A third of the requests are refused first, so the ninth tenth is among them.
      const addedMs = outcome.p90Ms - without.p90Ms;
      stage.figure('a refusal adds less than 10 ms (p90 against p90 without it)', addedMs, 10);
      for (const app of apps) await app.kill();
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      for (const method of ['GET', 'POST']) {
        const got = await call(caller.proxyUrl, method);
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
      const outcome = await loadWith(stage, ['defaults.timeouts.connect=500ms']);
      stage.figure('nobody waits much longer than the connect timeout of 500 ms', outcome.maxMs, 750);
      for (const { instance } of apps) await stage.deregister(instance);
      const caller = await stage.caller(['defaults.timeouts.connect=300ms']);
      await caller.sees('fleet', 1);
      const got = await call(caller.proxyUrl);
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
      const got = await call(caller.proxyUrl);
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
