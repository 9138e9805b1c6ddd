import type { Clock } from '../runtime/clock.ts';
import type { AppHealth } from './health-gate.ts';

/** What {@link waitForApp} needs. */
export interface WaitForAppOptions {
  readonly probe: (signal: AbortSignal) => Promise<AppHealth>;
  /** At the longest; 0 = not at all. */
  readonly forMs: number;
  readonly clock: Clock;
}

/** How the wait ended. */
export interface WaitedForApp {
  readonly isAnswering: boolean;
  readonly waitedMs: number;
  /** What the last probe saw. */
  readonly output: string;
}

const PROBE_EVERY_MS = 250;

/** Waits until the app passes (or warns) for the first time, so that nobody is sent to one that is still starting. */
export async function waitForApp(options: WaitForAppOptions, signal: AbortSignal): Promise<WaitedForApp> {
  const { probe, forMs, clock } = options;
  const beganMs = clock.nowMs();
  for (;;) {
    const { status, output } = await probe(signal);
    const waitedMs = clock.nowMs() - beganMs;
    if (status !== 'critical') return { isAnswering: true, waitedMs, output };
    if (waitedMs >= forMs) return { isAnswering: false, waitedMs, output };
    await clock.sleep(Math.min(PROBE_EVERY_MS, forMs - waitedMs), signal);
  }
}
