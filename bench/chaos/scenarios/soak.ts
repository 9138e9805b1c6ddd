import { until } from '../../../test/support/until.ts';
import { COLLECT, heapBytes } from '../heap.ts';
import { openFiles, residentBytes } from '../process-facts.ts';
import type { Scenario } from '../scenario.ts';
import { BenchSidecar } from '../sidecar.ts';
import type { Stage } from '../stage.ts';

const MIB = 2 ** 20;
/** The load of a soak: modest, for it is about time. */
const REQUESTS_PER_SECOND = 200;
const MINUTE_MS = 60_000;

/** What a sidecar holds at a moment without traffic. */
interface Held {
  readonly heapMib: number;
  readonly rssMib: number;
  readonly files: number;
  readonly inFlight: number;
}

/** Some minutes of calls, of which a fifth is given up; then a look at what is left of them. */
async function playPart(stage: Stage, caller: BenchSidecar, forMs: number): Promise<Held & { readonly load: Totals }> {
  const load = stage.load({
    proxyUrl: caller.proxyUrl,
    service: 'fleet',
    requestsPerSecond: REQUESTS_PER_SECOND,
    postShare: 0.25,
    giveUpShare: 0.2,
  });
  await stage.wait(forMs);
  const report = await load.stop();
  await until('nothing is in flight', async () => (await caller.view('fleet')).inFlight === 0);
  const { instances } = await caller.view('fleet');
  const heapMib = (await heapBytes(caller)) / MIB;
  const rssMib = (await residentBytes(caller.process.pid)) / MIB;
  const inFlight = instances.reduce((sum, instance) => sum + instance.inFlight, 0);
  return { heapMib, rssMib, files: await openFiles(caller.process.pid), inFlight, load: report };
}

/** Of a load; summed over the parts. */
interface Totals {
  readonly requests: number;
  readonly failed: number;
  readonly givenUp: number;
  readonly worstGapMs: number;
}

function sum(parts: readonly { readonly load: Totals }[]): Totals {
  const add = (pick: (totals: Totals) => number) => parts.reduce((total, { load }) => total + pick(load), 0);
  return {
    requests: add(({ requests }) => requests),
    failed: add(({ failed }) => failed),
    givenUp: add(({ givenUp }) => givenUp),
    worstGapMs: Math.max(...parts.map(({ load }) => load.worstGapMs)),
  };
}

/** What only shows after a long time. */
export const soakScenarios: readonly Scenario[] = [
  {
    name: 'soak-given-up',
    fault: 'for an hour a fifth of the calls (200 a second) is given up by the caller while it waits',
    must: 'no other call fails; in-flight counts back at zero; sockets and memory as before',
    registry: 'any',
    isLong: true,
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      for (const app of apps) await app.control({ kind: 'answer', status: 200, workMs: 25 });
      const settings = ['--consul', stage.registry.address, '--set', 'defaults.policy=least-connections'];
      const caller = stage.use(await BenchSidecar.start(settings, COLLECT));
      await caller.sees('fleet', 3);
      const warm = await playPart(stage, caller, stage.pick(2 * MINUTE_MS, 1000));
      const half = await playPart(stage, caller, stage.pick(29 * MINUTE_MS, 1000));
      const end = await playPart(stage, caller, stage.pick(29 * MINUTE_MS, 1000));
      const load = sum([warm, half, end]);
      const { duplicates } = await stage.executions();
      stage.claim('0 of the others fail', load.failed === 0, load.failed);
      stage.claim('no POST is executed twice', duplicates === 0, duplicates);
      stage.claim('in-flight counts are at zero', end.inFlight === 0, end.inFlight);
      stage.figure('the second half adds less than 1 MiB of heap', end.heapMib - half.heapMib, 1);
      stage.figure('the second half adds no more than 8 open files', end.files - half.files, 8);
      const about = ({ heapMib, rssMib, files }: Held) =>
        `heap ${heapMib.toFixed(1)} MiB, RSS ${rssMib.toFixed(0)} MiB, ${files} files`;
      const figures = {
        'given up': load.givenUp,
        'after 2 min': about(warm),
        'after half an hour': about(half),
        'after an hour': about(end),
      };
      return { load, duplicates, figures };
    },
  },
];
