import { systemClock } from '../runtime/clock.ts';
import { untilInterrupted } from './interruption.ts';

const EVERY_MS = 2000;

/** Does `act` once; or, when `again`, every 2 s on a cleared screen until Ctrl-C. */
export async function repeat(again: boolean, act: () => Promise<void>): Promise<void> {
  if (!again) return await act();
  const stop = new AbortController();
  void untilInterrupted().then(() => stop.abort());
  while (!stop.signal.aborted) {
    if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
    await act();
    await systemClock.sleep(EVERY_MS, stop.signal).catch(() => undefined);
  }
}
