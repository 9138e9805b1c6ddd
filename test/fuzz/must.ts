import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

/** Fails with what was expected and did not hold. */
export function must(holds: boolean, what: string | (() => string)): void {
  if (!holds) throw new Error(typeof what === 'string' ? what : what());
}

/** Waits until `holds` says so, without losing time. @throws Error naming what was waited for */
export async function soon(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  for (let looks = 0; !holds(); looks++) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    if (looks < 100) await turn();
    else await wait(1);
  }
}

/** Plays cases made from seeds, and judges each. */
export interface Fuzz extends AsyncDisposable {
  /** @throws if anything that must hold for every case did not */
  play(seed: number): Promise<void>;
  /** What is in the case, for people. */
  shown(seed: number): string;
}
