// Preloaded into a sidecar (`node --import`): on SIGUSR2 it collects its garbage and writes what heap is left, in bytes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on('SIGUSR2', () => {
  collect();
  process.stderr.write(`heap after collection: ${process.memoryUsage().heapUsed}\n`);
});
