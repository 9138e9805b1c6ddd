import { parseArgs } from 'node:util';
import { compareWithNode } from './compare-with-node.ts';
import { TrafficFuzz } from './play-traffic.ts';
import { trafficCase } from './traffic-case.ts';

/**
 * `npm run fuzz -- --seed N --seconds S [--cases C]`: half of the time compares the request parser with Node's, the
 * other half plays mutated traffic. A failure prints the seed of its one case, and how to play only that again.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string', default: '60' }, cases: { type: 'string' } },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const halfMs = (Number(values.seconds) * 1000) / 2;
const most = values.cases === undefined ? Number.POSITIVE_INFINITY : Number(values.cases);

function fail(what: string, failing: number, bytes: string): never {
  process.stderr.write(`${what}\nbytes: ${bytes}\nagain: npm run fuzz -- --seed ${failing} --cases 1\n`);
  process.exit(1);
}

process.stdout.write(`seed ${seed}\n`);
const untilMs = performance.now() + halfMs;
const compared = await compareWithNode(seed, (cases) => cases >= most || performance.now() > untilMs);
for (const { what, seed: failing, bytes } of compared.unlisted)
  fail(`not a listed difference: ${what}`, failing, bytes);
process.stdout.write(`${compared.cases} heads compared with Node's parser; listed differences:\n`);
for (const [name, times] of compared.listed) process.stdout.write(`  ${times} × ${name}\n`);

await using traffic = await TrafficFuzz.start();
let played = 0;
let current = seed;
process.on('uncaughtException', (error) => fail(`crash: ${error.stack}`, current, shown(current)));
for (const endMs = performance.now() + halfMs; played < most && performance.now() < endMs; played++) {
  current = seed + played;
  try {
    await traffic.play(current);
  } catch (error) {
    fail(`conversation: ${error instanceof Error ? error.stack : String(error)}`, current, shown(current));
  }
}
process.stdout.write(`${played} conversations played\n`);

function shown(failing: number): string {
  const { bytes, answers } = trafficCase(failing);
  const said = answers.map(({ pieces, then }) => [Buffer.concat(pieces).toString('latin1'), then]);
  return JSON.stringify({ bytes: bytes.toString('latin1'), answers: said });
}
