import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { CheckStatus } from '../store/catalog-records.ts';
import type { Probe } from './probe.ts';

/** Something that keeps a check's result fresh until it is stopped. */
export interface CheckRunner {
  stop(): void;
}

/** Takes a result. */
export type Report = (status: CheckStatus, output: string) => void;

/** How a check is repeated. */
export interface IntervalCheckOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How many passing (or warning) looks in a row it takes to leave critical, beyond the first. */
  readonly successBeforePassing: number;
  /** How many critical looks in a row it takes to become critical, beyond the first. */
  readonly failuresBeforeCritical: number;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
}

/**
 * Looks again and again: first at a random moment within the interval, so that the checks of many services do not come
 * in step, then each time an interval after the last look ended (docs/consul-client.md 23).
 */
export function runIntervalCheck(options: IntervalCheckOptions): CheckRunner {
  const stopped = new AbortController();
  const { clock, intervalMs } = options;
  const report = withThresholds(options);
  let timer: Timer;
  const look = async (): Promise<void> => {
    const { status, output } = await probeOnce(options, stopped.signal);
    if (stopped.signal.aborted) return;
    report(status, output);
    timer = clock.after(intervalMs, () => void look());
  };
  timer = clock.after(options.random() * intervalMs, () => void look());
  return {
    stop() {
      stopped.abort();
      timer.cancel();
    },
  };
}

async function probeOnce(options: IntervalCheckOptions, stopped: AbortSignal): ReturnType<Probe> {
  const late = new AbortController();
  const timer = options.clock.after(options.timeoutMs, () => late.abort());
  try {
    return await options.probe(AbortSignal.any([stopped, late.signal]));
  } catch (error) {
    // Where to look comes from outside, and Node throws for some of it what no probe foresees.
    return { status: 'critical', output: error instanceof Error ? error.message : String(error) };
  } finally {
    timer.cancel();
  }
}

function withThresholds(options: IntervalCheckOptions): Report {
  let successes = 0;
  let failures = 0;
  return (status, output) => {
    if (status === 'critical') {
      failures += 1;
      successes = 0;
      if (failures >= options.failuresBeforeCritical) options.report(status, output);
    } else {
      successes += 1;
      failures = 0;
      if (successes >= options.successBeforePassing) options.report(status, output);
    }
  };
}
