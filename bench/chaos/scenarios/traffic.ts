import { request } from 'node:http';
import { until } from '../../../test/support/until.ts';
import { COLLECT, heapBytes } from '../heap.ts';
import { openConnections, residentBytes } from '../process-facts.ts';
import type { Scenario } from '../scenario.ts';
import { BenchSidecar } from '../sidecar.ts';

const MIB = 2 ** 20;

/** Callers that give up, and callers that send much. */
export const trafficScenarios: readonly Scenario[] = [
  {
    name: 'aborted-calls',
    fault: '10,000 calls are given up by the caller while they wait',
    must: 'in-flight counts back at zero; sockets, listeners and memory as before',
    registry: 'any',
    async play(stage) {
      const apps = await stage.fleet('fleet', 3);
      const caller = stage.use(
        await BenchSidecar.start(
          ['--consul', stage.registry.address, '--set', 'defaults.policy=least-connections'],
          COLLECT,
        ),
      );
      await caller.sees('fleet', 3);
      for (const app of apps) await app.control({ kind: 'hang' });
      const total = stage.pick(10_000, 600);
      await abortMany(caller.proxyUrl, total / 2);
      const afterHalf = await heapBytes(caller);
      await abortMany(caller.proxyUrl, total / 2);
      await until('nothing is in flight', async () => (await caller.view('fleet')).inFlight === 0);
      const { instances } = await caller.view('fleet');
      await until('the connections to the apps are closed', async () => {
        const open = await Promise.all(
          apps.map(({ port }) => openConnections(caller.process.pid, `http://127.0.0.1:${port}`)),
        );
        return open.every((count) => count === 0);
      });
      const grownMb = ((await heapBytes(caller)) - afterHalf) / MIB;
      for (const app of apps) await app.control({ kind: 'answer', status: 200, workMs: 0 });
      const answer = await fetch(`${caller.proxyUrl}/fleet/`);
      stage.claim(
        'in-flight counts are at zero',
        instances.every(({ inFlight }) => inFlight === 0),
        instances.map(({ inFlight }) => inFlight),
      );
      stage.claim(
        'nobody is ejected for it',
        instances.every(({ standing }) => standing === 'in-use'),
        '',
      );
      stage.claim('it goes on', answer.ok, answer.status);
      stage.figure('the second half adds less than 1 MiB of heap', grownMb, 1);
      return { figures: { aborted: total, 'heap at half, MiB': afterHalf / MIB, 'second half added MiB': grownMb } };
    },
  },
  {
    name: 'big-body',
    fault:
      'a body larger than the replay buffer is sent to an instance that resets, and a very large one to a good one',
    must: 'streamed and committed: no second attempt; memory flat',
    registry: 'any',
    async play(stage) {
      const [app] = await stage.fleet('fleet', 1);
      const caller = await stage.caller();
      await caller.sees('fleet', 1);
      await send(caller.proxyUrl, 8 * MIB);
      const before = await residentBytes(caller.process.pid);
      const bytes = stage.pick(512, 64) * MIB;
      const status = await send(caller.proxyUrl, bytes);
      const grownMb = ((await residentBytes(caller.process.pid)) - before) / MIB;
      const servedBefore = (await app?.control({ kind: 'reset' }))?.served ?? 0;
      const broken = await send(caller.proxyUrl, MIB);
      const served = ((await app?.control())?.served ?? 0) - servedBefore;
      stage.claim('the very large one arrives', status === 200, status);
      stage.claim('the other one gets 502', broken === 502, broken);
      stage.claim('one attempt, in spite of Idempotency-Key', served === 1, served);
      stage.figure('memory flat: at most 64 MiB more', grownMb, 64);
      return { figures: { 'sent MiB': bytes / MIB, 'memory added MiB': grownMb } };
    },
  },
];

/** Calls, 100 at a time, and gives each call up after a few milliseconds. */
async function abortMany(proxyUrl: string, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await fetch(`${proxyUrl}/fleet/`, { signal: AbortSignal.timeout(15) }).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: 100 }, worker));
}

/** Posts so many bytes with an Idempotency-Key, in pieces. Resolves to the status; undefined if there was no answer. */
function send(proxyUrl: string, bytes: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = { 'Content-Length': bytes, 'Idempotency-Key': 'one' };
    const sending = request(`${proxyUrl}/fleet/`, { method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sending.on('error', () => resolve(undefined));
    const piece = Buffer.alloc(64 * 1024);
    let left = bytes;
    const write = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!sending.write(piece)) {
          sending.once('drain', write);
          return;
        }
      }
      sending.end();
    };
    write();
  });
}
