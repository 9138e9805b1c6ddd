/**
 * How long after Marathon says that a task runs does the task get requests through a sidecar, and how long after it says
 * that a task ended does Consul no longer have it?
 *
 * `CONSUL_BIN=… node bench/marathon-event-path.ts [rounds] [apps]`: prints Markdown. A scripted Marathon in this process,
 * `pilotfish marathon`, a real Consul and `pilotfish run` in processes of their own; tasks are real HTTP servers. A round
 * sends the event of a new task, calls the service through the sidecar without pause until the new task answers, and
 * watches Consul meanwhile; then it ends the oldest task. `apps` (default 50) others with 10 tasks each are there
 * throughout, so that a comparison is not of an empty cluster.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ConsulClient } from '../src/consul/consul-client.ts';
import { CliProcess } from '../test/support/cli-process.ts';
import { registries } from '../test/support/discovery-registry.ts';
import { MarathonStage } from '../test/support/marathon-stage.ts';
import { ServingTasks } from '../test/support/marathon-tasks.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { quantile } from './harness/quantiles.ts';

const APP = '/shop/orders';
const SERVICE = 'shop-orders';
/** Slower than the sidecar's own pace of looking at Consul (2 in a burst, then 10 a second), which is not asked here. */
const PAUSE_MS = 400;
const GIVE_UP_MS = 20_000;

const rounds = Number(process.argv[2] ?? 250);
const apps = Number(process.argv[3] ?? 50);
const start = registries.at(-1)?.start;
if (start === undefined || registries.length < 2) throw new Error('this measures on a real Consul: set CONSUL_BIN');

/** Which ids Consul has of the service, and since when. */
class CatalogWatch {
  readonly #since = new Map<string, number>();
  readonly #gone = new Map<string, number>();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  constructor(consul: ConsulClient) {
    this.#ended = (async () => {
      const { signal } = this.#abort;
      for await (const { value } of consul.health.watchService(SERVICE, { signal, consistency: 'default' })) {
        const nowMs = performance.now();
        const ids = new Set(value.map(({ service }) => service.id));
        for (const id of ids) if (!this.#since.has(id)) this.#since.set(id, nowMs);
        for (const id of this.#since.keys()) if (!ids.has(id) && !this.#gone.has(id)) this.#gone.set(id, nowMs);
      }
    })().catch(() => undefined);
  }

  hasSince(id: string): number | undefined {
    return this.#since.get(id);
  }

  goneSince(id: string): number | undefined {
    return this.#gone.get(id);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
  }
}

async function when(ask: () => number | undefined): Promise<number> {
  const endMs = performance.now() + GIVE_UP_MS;
  while (performance.now() < endMs) {
    const atMs = ask();
    if (atMs !== undefined) return atMs;
    await sleep(1);
  }
  throw new Error('it did not come about');
}

async function routable(proxyUrl: string, id: string): Promise<number> {
  const endMs = performance.now() + GIVE_UP_MS;
  while (performance.now() < endMs) {
    const answer = await fetch(`${proxyUrl}/${SERVICE}/`);
    if ((await answer.text()) === id) return performance.now();
  }
  throw new Error(`${id} got no request`);
}

function row(name: string, valuesMs: readonly number[]): string {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const cells = [0.5, 0.9, 0.99, 1].map((share) => quantile(sorted, share).toFixed(1));
  return `| ${name} | ${sorted.length} | ${cells.join(' | ')} |`;
}

await using stage = await MarathonStage.start(start);
await using tasks = new ServingTasks(stage.marathon);
for (let number = 1; number <= apps; number++)
  stage.marathon.deploy({ id: `/others/app-${number}`, instances: 10, ports: [{}] });
stage.marathon.define({ id: APP, instances: 2, ports: [{}] });
const running = [await tasks.launch(APP), await tasks.launch(APP)];
for (const id of running) stage.marathon.start(id);
await stage.bridge(['--purge', '--sync-interval', '60']);
await stage.untilServices(stage.marathon.tasks().map(({ id }) => id));
await using sidecar = new CliProcess([
  'run',
  ...['--consul', stage.registry.address, '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
]);
const { proxyUrl } = await sidecar.ready();
await routable(proxyUrl, running[0] ?? '');
await using consul = new ConsulClient({ address: stage.registry.address });
const watch = new CatalogWatch(consul);

const inConsul: number[] = [];
const called: number[] = [];
const gone: number[] = [];
for (let round = 0; round < rounds; round++) {
  const id = await tasks.launch(APP);
  await sleep(PAUSE_MS);
  const saidMs = performance.now();
  stage.marathon.start(id);
  called.push((await routable(proxyUrl, id)) - saidMs);
  inConsul.push((await when(() => watch.hasSince(id))) - saidMs);
  await sleep(PAUSE_MS);
  running.push(id);
  const oldest = running.shift() ?? '';
  const killedMs = performance.now();
  stage.marathon.kill(oldest);
  gone.push((await when(() => watch.goneSince(oldest))) - killedMs);
  await tasks.end(oldest);
}
await watch.stop();

const { cpu, cores, memoryGib, kernel, node, commit } = machineFacts();
process.stdout.write(
  [
    `${cpu}, ${cores} cores, ${memoryGib} GiB, Linux ${kernel}, Node ${node}, commit ${commit}; ${apps * 10} other tasks`,
    '',
    '| ms | events | p50 | p90 | p99 | most |',
    '|---|---|---|---|---|---|',
    row('“task runs” sent → in Consul, as a watch of it sees', inConsul),
    row('“task runs” sent → first request answered by it, through a sidecar', called),
    row('“task is killed” sent → gone from Consul', gone),
    '',
  ].join('\n'),
);
