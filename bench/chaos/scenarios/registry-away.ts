import { until } from '../../../test/support/until.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

const INSTANCES = ['one', 'two', 'three'];

/** How long after `beganMs` the catalog has so many instances of the service. */
async function backAfterMs(stage: Stage, beganMs: number, count: number): Promise<number> {
  await until('all are registered again', async () => (await stage.health('fleet')).length === count, 60_000);
  return performance.now() - beganMs;
}

/** Kills the agent under load, and lets it come back without its state. */
async function playAway(
  stage: Stage,
  { awayMs, requestsPerSecond }: { readonly awayMs: number; readonly requestsPerSecond: number },
): Promise<Outcome> {
  await Promise.all(INSTANCES.map((id) => stage.pair('fleet', id)));
  const caller = await stage.caller();
  await caller.sees('fleet', 3);
  const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.25 });
  await stage.wait(500);
  load.mark();
  await stage.registry.stop();
  await until('it says that it is stale', async () => (await caller.readiness()).stale);
  await stage.wait(awayMs);
  const { ready, stale } = await caller.readiness();
  const ageSeconds = await caller.metric('pilotfish_catalog_age_seconds', 'upstream="fleet"');
  const whileAway = load.byInstance;
  await stage.registry.resume('lost');
  const resumedMs = performance.now();
  const recoveryMs = await backAfterMs(stage, resumedMs, 3);
  await until('it is stale no more', async () => !(await caller.readiness()).stale);
  await stage.wait(500);
  const report = await load.stop();
  const { duplicates } = await stage.executions();
  const registered = (await stage.health('fleet')).length;
  stage.claim('0 requests fail', report.failed === 0, report.failures);
  stage.claim('no POST is executed twice', duplicates === 0, duplicates);
  stage.claim('ready and stale meanwhile', ready && stale, { ready, stale });
  stage.claim('the age of the view rises', ageSeconds * 1000 >= awayMs * 0.9, ageSeconds);
  stage.claim('all three are used meanwhile', whileAway.size === 3, [...whileAway]);
  stage.claim('each is registered once', registered === 3, registered);
  stage.figure('registered again within 30 s', recoveryMs, 30_000);
  return { load: report, duplicates, recoveryMs, figures: { 'age of the view at the end, s': ageSeconds } };
}

/** The registry goes away, for a while, with or without its state. */
export const registryAwayScenarios: readonly Scenario[] = [
  {
    name: 'consul-dies',
    fault: 'the agent is killed for 20 s under load, and comes back without its state',
    must: 'no request fails; age rises, ready and stale meanwhile; all registered again, once, within 30 s',
    registry: 'consul',
    play: (stage) => playAway(stage, { awayMs: stage.pick(20_000, 1000), requestsPerSecond: stage.pick(1000, 100) }),
  },
  {
    name: 'consul-away-10m',
    fault: 'the agent is killed for 10 minutes under load (200 requests/s), and comes back without its state',
    must: 'no request fails; age rises, ready and stale meanwhile; all registered again, once, within 30 s',
    registry: 'consul',
    isLong: true,
    play: (stage) => playAway(stage, { awayMs: stage.pick(600_000, 1000), requestsPerSecond: stage.pick(200, 100) }),
  },
  {
    name: 'consul-down-at-start',
    fault: 'there is no Consul when the sidecars start',
    must: 'serving within 1 s; 503 with Retry-After; registered within 1 s of its return',
    registry: 'consul',
    async play(stage) {
      await stage.registry.stop();
      const beganMs = performance.now();
      const caller = await stage.caller();
      const servingMs = performance.now() - beganMs;
      const pair = await stage.pair('fleet', 'one');
      const answer = await fetch(`${caller.proxyUrl}/fleet/`);
      await answer.arrayBuffer();
      const retryAfter = answer.headers.get('retry-after');
      await stage.wait(stage.pick(5000, 500));
      await stage.registry.resume('lost');
      const resumedMs = performance.now();
      const recoveryMs = await backAfterMs(stage, resumedMs, 1);
      await caller.sees('fleet', 1);
      const served = await fetch(`${caller.proxyUrl}/fleet/`);
      await served.arrayBuffer();
      const seenMs = performance.now() - resumedMs;
      stage.claim(
        '503 with Retry-After',
        answer.status === 503 && Number(retryAfter) > 0,
        `${answer.status} ${retryAfter}`,
      );
      stage.claim('ready all the same', (await pair.readiness()).ready, '');
      stage.claim('served once it is there', served.ok, served.status);
      stage.figure('serving within 1 s, the start of Node included', servingMs, 1000);
      stage.figure('registered within 1 s of the return', recoveryMs, 1000);
      return { recoveryMs, figures: { 'serving after ms': servingMs, 'callable, ms after the return': seenMs } };
    },
  },
  {
    name: 'restart-from-snapshot',
    fault: 'Consul is gone for 60 s, and the caller’s sidecar is restarted meanwhile',
    must: 'it serves from the snapshot and says so (stale, source, age); the fresh view within 1 s of the return',
    registry: 'consul',
    async play(stage) {
      await stage.fleet('fleet', 3);
      const settings = [`snapshot.path=${stage.path('snapshot')}`];
      const first = await stage.caller(settings);
      await first.sees('fleet', 3);
      await (await fetch(`${first.proxyUrl}/fleet/`)).arrayBuffer();
      // The store writes two seconds after a change.
      await stage.wait(2500);
      await stage.registry.stop();
      await first.drain();
      const again = await stage.caller(settings);
      const beganMs = performance.now();
      const answer = await fetch(`${again.proxyUrl}/fleet/`);
      await answer.arrayBuffer();
      const firstMs = performance.now() - beganMs;
      const load = stage.load({ proxyUrl: again.proxyUrl, service: 'fleet', requestsPerSecond: 200, postShare: 0.25 });
      await stage.wait(stage.pick(58_000, 1500));
      const { source, ageSeconds } = await again.view('fleet');
      const { ready, stale } = await again.readiness();
      load.mark();
      await stage.registry.resume('kept');
      const resumedMs = performance.now();
      await until('the view is Consul’s', async () => (await again.view('fleet')).source === 'consul');
      const recoveryMs = performance.now() - resumedMs;
      await until('it is stale no more', async () => !(await again.readiness()).stale);
      const report = await load.stop();
      const { duplicates } = await stage.executions();
      stage.claim('the first request after the restart is answered', answer.ok, answer.status);
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      stage.claim('it says so: source, stale, ready', source === 'snapshot' && stale && ready, {
        source,
        stale,
        ready,
      });
      stage.claim('with its age', ageSeconds > stage.pick(57, 1), ageSeconds);
      stage.figure('the fresh view within 1 s of the return', recoveryMs, 1000);
      const figures = { 'first answer after ms': firstMs, 'age told, s': ageSeconds };
      return { load: report, duplicates, recoveryMs, figures };
    },
  },
];
