import { until } from '../../../test/support/until.ts';
import type { RegistryFault, RegistryRelay } from '../registry-relay.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import type { BenchSidecar } from '../sidecar.ts';
import type { Stage } from '../stage.ts';

/** An index that the registry itself will not reach. */
const FAR_INDEX = 4_000_000;

interface Behind {
  readonly relay: RegistryRelay;
  readonly caller: BenchSidecar;
}

/** Three apps, and a caller whose registry is a relay. */
async function behindRelay(stage: Stage, settings: readonly string[] = []): Promise<Behind> {
  await stage.fleet('fleet', 3);
  const relay = await stage.relay();
  const caller = await stage.caller(settings, relay.address);
  await caller.sees('fleet', 3);
  return { relay, caller };
}

/** Load while the registry answers wrongly in one way after the other; then it must see a true change again. */
async function playFaults(stage: Stage, faults: readonly (readonly [string, RegistryFault])[]): Promise<Outcome> {
  const { relay, caller } = await behindRelay(stage);
  const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 100) });
  const queries: Record<string, number> = {};
  const used: Record<string, number> = {};
  load.mark();
  for (const [name, fault] of faults) {
    const before = relay.queries;
    relay.set(fault);
    await stage.wait(stage.pick(5000, 700));
    queries[`queries: ${name}`] = relay.queries - before;
    used[name] = (await caller.view('fleet')).instances.filter(({ isUsed }) => isUsed).length;
  }
  relay.set({ kind: 'pass' });
  await stage.deregister('fleet-1');
  const beganMs = performance.now();
  await caller.sees('fleet', 2);
  const recoveryMs = performance.now() - beganMs;
  const report = await load.stop();
  stage.claim('0 requests fail', report.failed === 0, report.failures);
  stage.claim(
    'all three stay in use',
    Object.values(used).every((count) => count === 3),
    used,
  );
  return { load: report, recoveryMs, figures: queries };
}

/** The registry answers, and what it says is wrong. */
export const catalogAnswerScenarios: readonly Scenario[] = [
  {
    name: 'empty-catalog',
    fault: 'the catalog answers an empty list for 30 s under load, to consistent reads too',
    must: 'no request fails: the instances answer, so they stay in use',
    registry: 'consul',
    async play(stage) {
      const { relay, caller } = await behindRelay(stage);
      const load = stage.load({
        proxyUrl: caller.proxyUrl,
        service: 'fleet',
        requestsPerSecond: stage.pick(500, 100),
        postShare: 0.25,
      });
      await stage.wait(500);
      load.mark();
      const forMs = stage.pick(30_000, 2000);
      // The relay itself ends it: exactly so long after its first empty answer, which the caller's sidecar has a moment later.
      relay.set({ kind: 'answer', status: 200, body: '[]', index: FAR_INDEX, forMs });
      const emptySinceMs = performance.now();
      await stage.wait(forMs - 1000);
      const { instances = [] } = await caller.view('fleet');
      // Nothing wakes the query that waits; the guard's last question is what has to find out.
      await stage.wait(forMs + stage.pick(2000, 0) - (performance.now() - emptySinceMs));
      const { instances: after = [] } = await caller.view('fleet');
      relay.set({ kind: 'pass' });
      await stage.wait(1000);
      await caller.sees('fleet', 3);
      const report = await load.stop();
      const { duplicates } = await stage.executions();
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      const stillUsed = after.filter(({ isUsed }) => isUsed).length;
      stage.claim('all three are in use two seconds later', stillUsed === 3, stillUsed);
      stage.claim('all three stay in use', instances.filter(({ isUsed }) => isUsed).length === 3, instances.length);
      return { load: report, duplicates, recoveryMs: report.recoveryMs };
    },
  },
  {
    name: 'scale-to-zero',
    fault: 'all three instances end and are deregistered',
    must: 'honoured at once, since their ports refuse: no instance is left in the view',
    registry: 'consul',
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      const caller = await stage.caller();
      await caller.sees('fleet', 3);
      await Promise.all(apps.map((app) => app.kill()));
      await Promise.all(apps.map(({ instance }) => stage.deregister(instance)));
      const beganMs = performance.now();
      await until('nothing is called', async () => {
        const answer = await fetch(`${caller.proxyUrl}/fleet/`);
        await answer.arrayBuffer();
        return answer.status === 503 || answer.status === 404;
      });
      const recoveryMs = performance.now() - beganMs;
      const { instances = [] } = await caller.view('fleet');
      stage.claim(
        'no instance is used',
        instances.every(({ isUsed }) => !isUsed),
        instances,
      );
      stage.figure('within the guard’s 32 s', recoveryMs, 32_000);
      return { recoveryMs };
    },
  },
  {
    name: 'wrong-index',
    fault: 'the index goes backwards, is 0, is no number, is absent',
    must: 'no request fails, the view stays, queries stay few; the next true change is seen',
    registry: 'consul',
    play: (stage) =>
      playFaults(stage, [
        ['backwards', { kind: 'index', index: '2' }],
        ['zero', { kind: 'index', index: '0' }],
        ['no number', { kind: 'index', index: 'garbage' }],
        ['far ahead', { kind: 'index', index: String(FAR_INDEX) }],
      ]),
  },
  {
    name: 'garbage',
    fault: 'answers are no JSON, cut off, of wrong types, or the connection is reset in the middle of one',
    must: 'no request fails, the last good view stays, the index does not advance; the next true change is seen',
    registry: 'consul',
    play: (stage) =>
      playFaults(stage, [
        ['no JSON', { kind: 'answer', status: 200, body: '<html>hello', index: FAR_INDEX }],
        ['half a document', { kind: 'answer', status: 200, body: '[{"Node": {"No', index: FAR_INDEX }],
        ['wrong types', { kind: 'answer', status: 200, body: '[{"Service": {"Port": "many"}}]', index: FAR_INDEX }],
        ['not a list', { kind: 'answer', status: 200, body: '{"a": 1}', index: FAR_INDEX }],
        ['reset in the middle', { kind: 'cut' }],
      ]),
  },
  {
    name: 'refusals',
    fault: 'Consul answers 500 (no leader), 429, 403',
    must: 'no request fails, the view stays, back-off; 403 names the missing rule; the next true change is seen',
    registry: 'consul',
    async play(stage) {
      const refusal = (status: number, body: string): RegistryFault => ({ kind: 'answer', status, body, index: 1 });
      return await playFaults(stage, [
        ['500', refusal(500, 'No cluster leader')],
        ['429', refusal(429, 'Your IP is issuing too many concurrent connections')],
        ['403', refusal(403, 'Permission denied')],
      ]);
    },
  },
  {
    name: 'denied-token',
    fault: 'Consul answers 403 Permission denied',
    must: 'the log names the ACL rule that is missing',
    registry: 'consul',
    async play(stage) {
      const { relay, caller } = await behindRelay(stage);
      relay.set({ kind: 'answer', status: 403, body: 'Permission denied', index: 1 });
      const [line] = await caller.process.written(/the catalog could not be asked.*/);
      stage.claim('the rule is named', /service(_prefix)? ?.*read|service:read/.test(line), line);
      return {};
    },
  },
  {
    name: 'hung-query',
    fault: 'Consul takes a query and never answers (wait is set to 2 s)',
    must: 'no request fails; the query is given up at wait × 17/16 and a margin, and asked again; a true change is seen',
    registry: 'consul',
    async play(stage) {
      const { relay, caller } = await behindRelay(stage, ['consul.wait=2s']);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 50) });
      relay.set({ kind: 'hang' });
      const before = relay.abandoned;
      const beganMs = performance.now();
      await until('the query is given up', async () => relay.abandoned > before, 40_000);
      const abandonedMs = performance.now() - beganMs;
      relay.set({ kind: 'pass' });
      await stage.deregister('fleet-1');
      await caller.sees('fleet', 2);
      const report = await load.stop();
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.figure(
        'given up within wait × 17/16, 7 s that a leaderless server takes, and a margin',
        abandonedMs,
        15_000,
      );
      return { load: report, recoveryMs: abandonedMs };
    },
  },
  {
    name: 'flapping',
    fault: 'one of three turns critical and passing again, 50 times a second, under load',
    must: 'no request fails; queries come at a bounded rate; the view changes a few times only',
    registry: 'consul',
    async play(stage) {
      await stage.fleet('fleet', 2);
      const flapping = await stage.app('flapping');
      const Check = { CheckID: 'service:flapping', TTL: '10m' };
      await stage.agent('service/register', {
        Name: 'fleet',
        ID: 'flapping',
        Address: '127.0.0.1',
        Port: flapping.port,
        Check,
      });
      await stage.agent('check/pass/service:flapping');
      const relay = await stage.relay();
      const caller = await stage.caller([], relay.address);
      await caller.sees('fleet', 3);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 100) });
      const before = relay.queries;
      const changesBefore = await caller.metric('pilotfish_catalog_changes_total', 'upstream="fleet"');
      const seconds = stage.pick(10, 2);
      const beganFlappingMs = performance.now();
      for (let flips = 0; flips < seconds * 50; flips++) {
        const due = stage.wait(20);
        await stage.agent(`check/${flips % 2 === 0 ? 'fail' : 'pass'}/service:flapping`);
        await due;
      }
      const perSecond = ((relay.queries - before) * 1000) / (performance.now() - beganFlappingMs);
      const changes = (await caller.metric('pilotfish_catalog_changes_total', 'upstream="fleet"')) - changesBefore;
      await stage.agent('check/pass/service:flapping');
      const beganMs = performance.now();
      await caller.sees('fleet', 3);
      const recoveryMs = performance.now() - beganMs;
      const report = await load.stop();
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.claim('at most 22 queries a second: one in 50 ms, after a burst', perSecond <= 22, perSecond);
      stage.claim('the view changes at most 10 times', changes <= 10, changes);
      return { load: report, recoveryMs, figures: { 'queries per second': perSecond, 'changes of the view': changes } };
    },
  },
];
