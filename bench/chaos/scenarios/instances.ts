import type { Scenario } from '../scenario.ts';
import type { BenchSidecar } from '../sidecar.ts';
import type { Stage } from '../stage.ts';

const INSTANCES = ['victim', 'second', 'third'];

async function startPairs(stage: Stage): Promise<BenchSidecar[]> {
  return await Promise.all(INSTANCES.map((id) => stage.pair('fleet', id)));
}

/** Kills one of three, again and again, and starts it anew each time. */
async function playKills(stage: Stage): Promise<Awaited<ReturnType<Scenario['play']>>> {
  const rounds = stage.pick(10, 1);
  const requestsPerSecond = stage.pick(2000, 300);
  const pairs = await startPairs(stage);
  const caller = await stage.caller();
  let requests = 0;
  let failed = 0;
  let failedGets = 0;
  let sentAfter = 0;
  let unexplained = 0;
  let worstGapMs = 0;
  const recoveries: number[] = [];
  const failuresPerRound: string[] = [];
  for (let round = 0; round < rounds; round++) {
    await caller.sees('fleet', 3);
    const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.25 });
    await stage.wait(stage.pick(2000, 800));
    let sentAtSignal = 0;
    await pairs[0]?.killBoth(() => {
      load.mark();
      sentAtSignal = load.sent;
    });
    const sentAtEnd = load.sent;
    await stage.wait(stage.pick(2500, 1000));
    const report = await load.stop();
    requests += report.requests;
    failed += report.failed;
    failedGets += report.failedGets;
    worstGapMs = Math.max(worstGapMs, report.worstGapMs);
    recoveries.push(report.recoveryMs);
    // The last part of an id says how many were sent before it.
    const numbers = report.failedPosts.map((id) => Number(id.split('-').at(-1)));
    const inHand = numbers.filter((number) => number < sentAtSignal).length;
    failuresPerRound.push(`${inHand}/${report.postsAtMark}+${numbers.length - inHand}`);
    unexplained += Math.max(0, inHand - report.postsAtMark);
    sentAfter += numbers.filter((number) => number >= sentAtEnd).length;
    if (round + 1 < rounds) pairs[0] = await stage.pair('fleet', 'victim');
  }
  const { duplicates } = await stage.executions();
  stage.claim(`0 GETs fail in ${rounds} rounds`, failedGets === 0, failedGets);
  stage.claim('no POST is executed twice', duplicates === 0, duplicates);
  stage.claim('of those sent before the signal, no more fail than were under way', unexplained === 0, unexplained);
  // How soon the sidecar hears of it depends on who else wants the processor.
  stage.figure('the others were sent while the kernel took the victim apart, and so many later', sentAfter, 0);
  const figures = {
    rounds,
    'POSTs failed of those under way at the signal, + sent while the victim ended, by round':
      failuresPerRound.join(' '),
  };
  return { load: { requests, failed, worstGapMs }, duplicates, recoveryMs: Math.max(...recoveries), figures };
}

/** Instances that end or go silent while they are called. */
export const instanceScenarios: readonly Scenario[] = [
  {
    name: 'kill-one',
    fault: 'one of three pairs is killed (SIGKILL, app and sidecar) at 2,000 requests/s',
    must: 'no GET fails; of the POSTs only those fail that it had in hand; nothing is executed twice',
    registry: 'consul',
    play: playKills,
  },
  {
    name: 'stop-one',
    fault: 'one of three apps is frozen (SIGSTOP): its kernel accepts, and nothing answers',
    must: 'after firstByte, a GET goes to another instance, a POST gets 504; it is ejected; thawed, it is used again',
    registry: 'any',
    async play(stage) {
      const [victim] = await stage.fleet('fleet', 3);
      const caller = await stage.caller(['defaults.timeouts.firstByte=500ms', 'defaults.outlier.ejectFor=2s']);
      await caller.sees('fleet', 3);
      const requestsPerSecond = stage.pick(500, 100);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond, postShare: 0.25 });
      await stage.wait(stage.pick(2000, 500));
      load.mark();
      victim?.signal('SIGSTOP');
      await stage.wait(stage.pick(6000, 2000));
      victim?.signal('SIGCONT');
      const report = await load.stop();
      await caller.sees('fleet', 3);
      const { duplicates } = await stage.executions();
      const posts504 = report.failures.every((text) => text.includes('504'));
      stage.claim('0 GETs fail', report.failedGets === 0, report.failures);
      stage.claim('POSTs that wait at it get 504', posts504, report.failures);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      const figures = { 'GETs failed': report.failedGets, 'POSTs failed (504)': report.failedPosts.length };
      return { load: report, duplicates, recoveryMs: report.recoveryMs, figures };
    },
  },
];
