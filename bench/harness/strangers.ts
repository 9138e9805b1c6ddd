import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { coresBusyMs, processFigures } from './process-figures.ts';

/** Others may take this many cores before a run counts as disturbed. */
export const CALM_CORES = 0.1;

/** CPU time of this process, of all that it has started, and of those among them that have ended, ms. */
function ownMs(): number {
  const { userMs, systemMs } = processFigures(process.pid);
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return userMs + systemMs + (Number(fields[13]) + Number(fields[14])) * 10;
}

/** Starts to watch what processes other than the bench's take; the result tells it, in cores, since then. */
export function watchStrangers(): () => number {
  const startedMs = performance.now();
  const busyBefore = coresBusyMs();
  const ownBefore = ownMs();
  return () => {
    const strangersMs = coresBusyMs() - busyBefore - (ownMs() - ownBefore);
    return Math.max(0, strangersMs / (performance.now() - startedMs));
  };
}

/** Waits until others take next to nothing, at most `patienceMs`. */
export async function untilCalm(patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const strangers = watchStrangers();
    await sleep(500);
    if (strangers() < CALM_CORES || performance.now() > deadline) return;
  }
}
