import { fileURLToPath } from 'node:url';
import { until } from '../../test/support/until.ts';
import type { BenchSidecar } from './sidecar.ts';

const PROGRAM = fileURLToPath(new URL('../chaos-turns.ts', import.meta.url));

/** Variables of a sidecar that can be asked for {@link longestTurnMs}. */
export const TURNS: Readonly<Record<string, string>> = { NODE_OPTIONS: `--import=${PROGRAM}` };

/** The CPU time of the longest turn of the event loop since the last time, of a sidecar that was started with {@link TURNS}. */
export async function longestTurnMs({ process: sidecar }: BenchSidecar): Promise<number> {
  const told = /longest turn, CPU ms: ([\d.]+)/g;
  const before = sidecar.stderr.match(told)?.length ?? 0;
  sidecar.signal('SIGUSR2');
  const texts = await until('the longest turn is told', async () => {
    const found = sidecar.stderr.match(told);
    return found !== null && found.length > before && found;
  });
  return Number(texts.at(-1)?.split(' ').at(-1));
}
