import { fileURLToPath } from 'node:url';
import { until } from '../../test/support/until.ts';
import type { BenchSidecar } from './sidecar.ts';

const PROGRAM = fileURLToPath(new URL('../chaos-collect.ts', import.meta.url));

/** Variables of a sidecar that can be asked for {@link heapBytes}. */
export const COLLECT: Readonly<Record<string, string>> = { NODE_OPTIONS: `--import=${PROGRAM}` };

/** The heap of a sidecar that was started with {@link COLLECT}, after a collection. */
export async function heapBytes({ process: sidecar }: BenchSidecar): Promise<number> {
  const heap = /heap after collection: (\d+)/g;
  const before = sidecar.stderr.match(heap)?.length ?? 0;
  sidecar.signal('SIGUSR2');
  const texts = await until('the heap is told', async () => {
    const found = sidecar.stderr.match(heap);
    return found !== null && found.length > before && found;
  });
  return Number(texts.at(-1)?.split(' ').at(-1));
}
