import type { LoadFigures } from './load-figures.ts';
import { type ProcessFigures, processFigures } from './process-figures.ts';
import type { Round } from './result.ts';
import type { LoadOrder, Scenario } from './scenario.ts';
import { CALM_CORES, untilCalm, watchStrangers } from './strangers.ts';

/** Runs of one round, at most, while others disturb them. */
const MOST_RUNS = 4;
/** How long a run waits for a calm machine. */
const PATIENCE_MS = 30_000;

/** What is timed. */
export interface TimedRun {
  readonly scenario: Scenario;
  readonly order: LoadOrder;
  /** The proxy's first process. */
  readonly pid: number;
}

function toRound(load: LoadFigures, used: ProcessFigures, strangerCores: number): Round {
  const perUnit = (ms: number): number => (ms * 1000) / Math.max(1, load.units);
  const ownMs = used.userMs + used.systemMs;
  return {
    cpuMicrosPerUnit: perUnit(ownMs),
    userMicrosPerUnit: perUnit(used.userMs),
    systemMicrosPerUnit: perUnit(used.systemMs),
    unitsPerSecond: load.units / load.seconds,
    rssBytes: used.rssBytes,
    errors: load.errors,
    proxyCoreShare: ownMs / 1000 / load.seconds,
    strangerCores,
    p50Ms: load.p50Ms,
    p99Ms: load.p99Ms,
    p999Ms: load.p999Ms,
    lateP50Ms: load.lateP50Ms,
    lateP99Ms: load.lateP99Ms,
    wantedPerSecond: load.wantedPerSecond,
  };
}

async function timeOnce({ scenario, order, pid }: TimedRun): Promise<Round> {
  if (scenario.settlesFirst === true) await scenario.load({ ...order, seconds: 2 });
  const strangers = watchStrangers();
  const before = processFigures(pid);
  const load = await scenario.load(order);
  const after = processFigures(pid);
  const used = {
    userMs: after.userMs - before.userMs,
    systemMs: after.systemMs - before.systemMs,
    rssBytes: after.rssBytes,
  };
  return toRound(load, used, strangers());
}

/**
 * Loads a proxy once and tells what it used meanwhile.
 * @param calm wait for others to stop, run again when they disturbed it, and keep the least disturbed run
 * @throws Error when the load fails as a program
 */
export async function timedRound(run: TimedRun, calm: boolean): Promise<Round> {
  if (!calm) return timeOnce(run);
  const runs: Round[] = [];
  do {
    await untilCalm(PATIENCE_MS);
    runs.push(await timeOnce(run));
  } while (runs.length < MOST_RUNS && runs.every(({ strangerCores }) => strangerCores > CALM_CORES));
  return runs.reduce((best, one) => (one.strangerCores < best.strangerCores ? one : best));
}
