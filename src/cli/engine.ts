import { setFlagsFromString } from 'node:v8';
import { holdYoungGeneration } from './young-generation.ts';

/**
 * What a sidecar loads of Node in any case. The compiled code that Node has of its own modules is refused once a flag of
 * V8 has changed, so these come before: compiling them anew would take 20 ms.
 */
const NODE_MODULES = [
  'cluster',
  'dns',
  'dns/promises',
  'fs/promises',
  'http',
  'os',
  'process',
  'stream/promises',
  'timers/promises',
];

/**
 * What V8 does otherwise by itself. All are read when they are needed, so they may be set while it runs; it has collected
 * nothing of weight by then.
 */
const FLAGS = [
  // A sidecar has a core at most, often a part of one, and threads that help to collect take it from the one they help:
  // on one core, they made the slowest hundredth of requests wait twice as long and more.
  '--no-parallel-scavenge',
  '--no-concurrent-marking',
  // Of what lives long, V8 would wait for as much again before it collects. So little is promoted that a third will do.
  '--heap-growing-percent=30',
  // What one of the compiler's threads took, another gives back, and the C library keeps it for the first: 10 MB.
  '--no-maglev-destroy-on-background',
];

/** What runs in this time after the start runs once, and is not worth compiling: it would only bring in the compilers, half a MiB. */
const START_MS = 300;

/**
 * Sets V8 to what a process wants that runs for long beside others and has a core at most. To be called before anything
 * else is loaded. What was chosen when starting Node (as an argument or in `NODE_OPTIONS`) stays: the compilers, and the
 * size of the young generation (`--max-semi-space-size` and the like).
 */
export function tuneEngine(): void {
  for (const name of NODE_MODULES) process.getBuiltinModule(`node:${name}`);
  for (const flag of FLAGS) setFlagsFromString(flag);
  if (!isChosen(/maglev|turbo|jitless|-opt\b/)) compileFrom(START_MS);
  if (!isChosen(/semi[-_]space/)) holdYoungGeneration();
}

function compileFrom(startMs: number): void {
  for (const compiler of ['maglev', 'turbofan']) {
    setFlagsFromString(`--no-${compiler}`);
    setTimeout(() => setFlagsFromString(`--${compiler}`), startMs).unref();
  }
}

function isChosen(flag: RegExp): boolean {
  return flag.test(`${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`);
}
