/**
 * How long does a change take from Consul to the set that upstreams get, and how long does a large one hold up the
 * event loop?
 *
 * `node bench/discovery-latency.ts`: prints Markdown. Deregistrations go to the embedded registry and, with CONSUL_BIN
 * set, to a real Consul, through all layers that the sidecar uses. Large answers come from a transport in memory, so
 * that only our own share is timed: from the answer's last byte to the yielded set.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsulClient } from '../src/consul/consul-client.ts';
import type { Transport, WireReply, WireRequest } from '../src/consul/wire.ts';
import { ConsulSource } from '../src/discovery/consul-source.ts';
import { resilientSource } from '../src/discovery/resilient-source.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { EndpointSet, Watching } from '../src/upstream/endpoint-source.ts';
import { registries } from '../test/support/discovery-registry.ts';

const DEREGISTRATIONS = 100;
const SIZES = [3, 100, 1000, 10_000];
const CHANGES = 30;

/** Follows a service through all layers and tells when a set came. */
class Follower {
  #waiting: { readonly isIt: (set: EndpointSet) => boolean; readonly resolve: (atMs: number) => void } | undefined;
  readonly #watching: Watching;

  constructor(client: ConsulClient, service: string) {
    const source = resilientSource({
      source: new ConsulSource({ consul: client }),
      store: undefined,
      clock: systemClock,
      onEvent: ({ kind }) => {
        throw new Error(`${kind}: the guard must not interfere here`);
      },
    });
    this.#watching = source.watch(
      { service },
      {
        changed: (set) => {
          const atMs = performance.now();
          if (this.#waiting?.isIt(set) === true) this.#waiting.resolve(atMs);
        },
        confirmed: () => undefined,
        failed: () => undefined,
      },
    );
  }

  /** When the first set came of which it is true; to be asked before the change is made. */
  when(isIt: (set: EndpointSet) => boolean): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting = { isIt, resolve };
    });
  }

  async stop(): Promise<void> {
    await this.#watching.end();
  }
}

function row(name: string, valuesMs: readonly number[]): string {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(2);
  return `| ${name} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`;
}

async function deregistrations(name: string, address: string): Promise<readonly string[]> {
  await using client = new ConsulClient({ address });
  const register = (n: number) =>
    client.agent.register({ name: 'app', id: `app-${n}`, address: `10.0.0.${n}`, port: 80 });
  for (const n of [0, 1, 2]) await register(n);
  const follower = new Follower(client, 'app');
  await follower.when(({ endpoints }) => endpoints.length === 3);
  const fromAnswer: number[] = [];
  const fromRequest: number[] = [];
  // Another instance each time: one that came and went this often would be damped.
  for (let round = 0; round < DEREGISTRATIONS; round++) {
    const gone = follower.when(({ endpoints }) => endpoints.length === 2);
    const requestedMs = performance.now();
    await client.agent.deregister(`app-${round}`);
    const answeredMs = performance.now();
    const goneMs = await gone;
    fromRequest.push(goneMs - requestedMs);
    fromAnswer.push(Math.max(0, goneMs - answeredMs));
    const back = follower.when(({ endpoints }) => endpoints.length === 3);
    await register(round + 3);
    await back;
    // Slower than the watch's own pace (2 in a burst, then 10 a second), which is not what is asked here.
    await sleep(400);
  }
  await follower.stop();
  return [
    row(`${name}: deregister sent → set without it`, fromRequest),
    row(`${name}: deregister answered → set without it`, fromAnswer),
  ];
}

/** Answers polls with a body of `size` instances, of which one has another port each time it is told to change. */
class ChangingTransport implements Transport {
  readonly #entries: string[];
  #index = 1;
  #wake: (() => void) | undefined;
  answeredMs = 0;
  readonly losses = 0;

  constructor(size: number) {
    this.#entries = Array.from({ length: size }, (_, n) => entry(n, 8000));
  }

  change(port: number): void {
    this.#entries[0] = entry(0, port);
    this.#index += 1;
    this.#wake?.();
  }

  async send(request: WireRequest): Promise<WireReply> {
    if (request.lane === 'poll') {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        request.signal?.addEventListener('abort', () => reject(request.signal?.reason), { once: true });
      });
    }
    const body = Buffer.from(`[${this.#entries.join(',')}]`);
    // Making the answer is Consul's work, not ours.
    await sleep(20);
    this.answeredMs = performance.now();
    return { status: 200, headers: new Map([['x-consul-index', String(this.#index)]]), body };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One entry as Consul 1.8.7 writes it. */
function entry(n: number, port: number): string {
  const check = (id: string, name: string) => ({
    Node: `node-${n % 50}`,
    CheckID: id,
    Name: name,
    Status: 'passing',
    Notes: '',
    Output: 'HTTP GET http://10.0.0.7:8000/health: 200 OK Output: ok',
    ServiceID: `app-${n}`,
    ServiceName: 'app',
    ServiceTags: ['v1'],
    Type: 'http',
    Definition: {},
    CreateIndex: 14,
    ModifyIndex: 15,
  });
  return JSON.stringify({
    Node: {
      ID: '6f8a3f0e-7f3c-4d55-9a0e-3a5a1c0e8f11',
      Node: `node-${n % 50}`,
      Address: '10.0.0.7',
      Datacenter: 'dc1',
      TaggedAddresses: { lan: '10.0.0.7', wan: '10.0.0.7' },
      Meta: { 'consul-network-segment': '' },
    },
    Service: {
      ID: `app-${n}`,
      Service: 'app',
      Tags: ['v1'],
      Address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      Meta: { version: '1.4.2' },
      Port: port,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
    },
    Checks: [check('serfHealth', 'Serf Health Status'), check(`service:app-${n}`, 'app http')],
  });
}

async function answers(size: number): Promise<readonly string[]> {
  const transport = new ChangingTransport(size);
  await using client = new ConsulClient({ transport });
  const follower = new Follower(client, 'app');
  await follower.when(({ endpoints }) => endpoints.length === size);
  const valuesMs: number[] = [];
  const heldUpMs: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (let change = 1; change <= CHANGES; change++) {
    await sleep(400);
    const isSeen = follower.when(({ endpoints }) => endpoints[0]?.port === 8000 + change);
    loop.reset();
    transport.change(8000 + change);
    valuesMs.push((await isSeen) - transport.answeredMs);
    await sleep(5);
    heldUpMs.push(loop.max / 1e6);
  }
  loop.disable();
  await follower.stop();
  return [
    row(`answer with ${size} instances → set`, valuesMs),
    row(`event loop held up by an answer with ${size} instances`, heldUpMs),
  ];
}

const lines = ['| ms | p50 | p99 | most |', '|---|---|---|---|'];
for (const { name, start } of registries) {
  await using registry = await start();
  lines.push(...(await deregistrations(name, registry.address)));
}
for (const size of SIZES) lines.push(...(await answers(size)));
process.stdout.write(`${lines.join('\n')}\n`);
