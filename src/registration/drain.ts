import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** How a drain goes. */
export interface DrainOptions {
  /** Tells callers that the instance is leaving while it is still in the catalog: maintenance. */
  readonly announce: () => Promise<void>;
  /** Takes the instance out of the catalog. */
  readonly leave: () => Promise<void>;
  /** Undefined: nobody can tell, so the whole of `maxMs` is waited. */
  readonly traffic: TrafficMeter | undefined;
  readonly clock: Clock;
  /** Callers are waited for no longer than this, after leaving. Default 10 s. */
  readonly maxMs?: number | undefined;
  /** No request under way and none begun for this long: the callers have left. Default 1 s. */
  readonly quietMs?: number | undefined;
}

/** How a drain ended. */
export interface DrainReport {
  /** `quiet`: the callers left; `limit`: some still came after `maxMs`; `hurried`: the signal aborted (a second SIGTERM). */
  readonly endedBy: 'quiet' | 'limit' | 'hurried';
  /** From the announcement to the end. */
  readonly tookMs: number;
  /** Requests (or connections) that still began meanwhile. */
  readonly served: number;
  /** Consul could not be told; callers found out by other means, or not. */
  readonly failures: readonly unknown[];
}

/** Long enough for callers to see the announcement before the instance vanishes: a lone instance that vanishes unannounced is distrusted. */
const ANNOUNCE_MS = 300;
/** A Consul that hangs must not keep the process from ending. */
const MAX_ANNOUNCE_MS = 1000;
const MAX_LEAVE_MS = 3000;
const LOOK_EVERY_MS = 50;
const DEFAULT_MAX_MS = 10_000;
const DEFAULT_QUIET_MS = 1000;

/**
 * Leaves without a guessed sleep: announces it, deregisters, and goes on serving until the callers have really stopped.
 * Serving on is the caller's part. A Consul that cannot be told does not stop it.
 */
export async function drain(options: DrainOptions, signal: AbortSignal): Promise<DrainReport> {
  const { announce, leave, traffic, clock, maxMs = DEFAULT_MAX_MS, quietMs = DEFAULT_QUIET_MS } = options;
  const beganMs = clock.nowMs();
  const startedBefore = traffic?.started() ?? 0;
  const failures: unknown[] = [];
  const report = (endedBy: DrainReport['endedBy']): DrainReport => ({
    endedBy,
    tookMs: clock.nowMs() - beganMs,
    served: (traffic?.started() ?? 0) - startedBefore,
    failures,
  });
  try {
    await within(MAX_ANNOUNCE_MS, announce, clock).catch((error: unknown) => failures.push(error));
    await clock.sleep(ANNOUNCE_MS, signal);
    await within(MAX_LEAVE_MS, leave, clock).catch((error: unknown) => failures.push(error));
    return report(await untilQuiet({ traffic, clock, maxMs, quietMs }, signal));
  } catch (error) {
    if (!signal.aborted) throw error;
    return report('hurried');
  }
}

/** @throws what `act` threw, or that it took too long (it goes on all the same) */
async function within(limitMs: number, act: () => Promise<void>, clock: Clock): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = clock.after(limitMs, () => {
    const message = `Consul has not answered within ${limitMs} ms; going on without it`;
    reject(new CodedError(message, { code: 'drain_untold', side: 'internal', retryable: false }));
  });
  try {
    await Promise.race([act(), promise]);
  } finally {
    timer.cancel();
  }
}

async function untilQuiet(
  options: { traffic: TrafficMeter | undefined; clock: Clock; maxMs: number; quietMs: number },
  signal: AbortSignal,
): Promise<'quiet' | 'limit'> {
  const { traffic, clock, maxMs, quietMs } = options;
  const untilMs = clock.nowMs() + maxMs;
  let started = traffic?.started();
  let quietSinceMs = clock.nowMs();
  for (;;) {
    const nowMs = clock.nowMs();
    const now = traffic?.started();
    if (traffic === undefined || now !== started || traffic.active() > 0) quietSinceMs = nowMs;
    started = now;
    if (nowMs - quietSinceMs >= quietMs) return 'quiet';
    if (nowMs >= untilMs) return 'limit';
    await clock.sleep(Math.min(LOOK_EVERY_MS, untilMs - nowMs), signal);
  }
}
