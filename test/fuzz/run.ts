import { parseArgs } from 'node:util';
import { compareWithNode } from './compare-with-node.ts';
import { FUZZERS } from './fuzzers.ts';

/**
 * `npm run fuzz -- --seed N --seconds S [--cases C] [--only NAME]`: compares the request parser with Node's (`parser`), and
 * plays cases of each kind, each for an equal part of the time. A failure prints the seed of its one case, and how to play
 * only that again.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    cases: { type: 'string' },
    only: { type: 'string' },
  },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const most = values.cases === undefined ? Number.POSITIVE_INFINITY : Number(values.cases);
const all = ['parser', ...FUZZERS.keys()];
const names = values.only === undefined ? all : [values.only];
const partMs = (Number(values.seconds) * 1000) / names.length;

/** Characters of a case that are shown; its seed makes all of it again. */
const SHOWN = 3000;

function fail(name: string, what: string, failing: number, shown: string): never {
  const again = `npm run fuzz -- --only ${name} --seed ${failing} --cases 1`;
  process.stderr.write(`${name}: ${what}\ncase: ${shown.slice(0, SHOWN)}\nagain: ${again}\n`);
  process.exit(1);
}

async function compare(): Promise<void> {
  const untilMs = performance.now() + partMs;
  const compared = await compareWithNode(seed, (cases) => cases >= most || performance.now() > untilMs);
  for (const { what, seed: failing, bytes } of compared.unlisted)
    fail('parser', `not a listed difference: ${what}`, failing, bytes);
  process.stdout.write(`${compared.cases} heads compared with Node's parser; listed differences:\n`);
  for (const [name, times] of compared.listed) process.stdout.write(`  ${times} × ${name}\n`);
}

async function play(name: string): Promise<void> {
  const start = FUZZERS.get(name);
  if (start === undefined) throw new Error(`--only ${name}: one of ${all.join(', ')}`);
  await using fuzz = await start();
  let played = 0;
  const failed = (what: string, error: unknown) => {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    fail(name, `${what}: ${reason}`, seed + played, fuzz.shown(seed + played));
  };
  const crashed = (error: Error) => failed('crash', error);
  process.on('uncaughtException', crashed);
  for (const endMs = performance.now() + partMs; played < most && performance.now() < endMs; played++) {
    try {
      await fuzz.play(seed + played);
    } catch (error) {
      failed('a case', error);
    }
  }
  process.off('uncaughtException', crashed);
  const residentMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  process.stdout.write(`${name}: ${played} cases played; ${residentMiB} MiB resident\n`);
}

process.stdout.write(`seed ${seed}\n`);
for (const name of names) await (name === 'parser' ? compare() : play(name));
