/**
 * How long is an app out of the catalog after the agent was away?
 *
 * `node bench/registration-latency.ts`: prints Markdown; on the embedded registry and, with CONSUL_BIN set, on a real
 * Consul that has no state left. Timed from the moment the registry has a leader to the moment the app is passing there.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ConsulClient } from '../src/consul/consul-client.ts';
import { Registrar } from '../src/registration/registrar.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { registries, type TestRegistry } from '../test/support/discovery-registry.ts';
import { FakeApp } from '../test/support/registration-app.ts';
import { serviceSettings } from '../test/support/registration-settings.ts';

const ROUNDS = 10;
const TTL_MS = 15_000;

interface Round {
  readonly registry: TestRegistry;
  readonly client: ConsulClient;
  readonly app: FakeApp;
}

/** Runs a registrar for as long as `during` takes. */
async function registered({ client, app }: Round, during: () => Promise<void>): Promise<void> {
  const checks = [{ kind: 'ttl', ttlMs: TTL_MS, deregisterAfterMs: 60_000 }] as const;
  const registrar = new Registrar({
    settings: serviceSettings({ port: app.port, checks }),
    consul: client,
    resolveAddress: async () => '127.0.0.1',
    clock: systemClock,
    random: systemRandom,
    onEvent: () => undefined,
  });
  const ended = new AbortController();
  const running = registrar.run(ended.signal);
  await during();
  ended.abort();
  await running;
}

async function untilPassing({ client, app }: Round): Promise<number> {
  const id = `orders-127.0.0.1-${app.port}`;
  for (;;) {
    const health = await client.agent.serviceHealth(id).catch(() => undefined);
    if (health?.status === 'passing') return performance.now();
    await sleep(5);
  }
}

/** Down at the start: from its return to passing. */
async function downAtStart(round: Round): Promise<number> {
  let tookMs = 0;
  await round.registry.kill();
  await registered(round, async () => {
    await sleep(1000);
    await round.registry.resume();
    const beganMs = performance.now();
    tookMs = (await untilPassing(round)) - beganMs;
  });
  return tookMs;
}

/** Gone for a moment and back without its state: from its return to passing again. */
async function lost(round: Round): Promise<number> {
  let tookMs = 0;
  await registered(round, async () => {
    await untilPassing(round);
    await round.registry.kill();
    await round.registry.resume();
    const beganMs = performance.now();
    tookMs = (await untilPassing(round)) - beganMs;
  });
  return tookMs;
}

function row(name: string, valuesMs: readonly number[]): string {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const shown = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ms) => (ms ?? 0).toFixed(0));
  return `| ${name} | ${shown.join(' | ')} |`;
}

const lines = [`| ms, TTL ${TTL_MS / 1000} s, ${ROUNDS} rounds | p50 | most |`, '|---|---|---|'];
for (const { name, start } of registries) {
  await using registry = await start();
  await using client = new ConsulClient({ address: registry.address });
  await using app = await FakeApp.start();
  const round = { registry, client, app };
  const [startMs, lostMs]: [number[], number[]] = [[], []];
  for (let n = 0; n < ROUNDS; n++) {
    startMs.push(await downAtStart(round));
    lostMs.push(await lost(round));
  }
  lines.push(row(`${name}: down at the start, back → passing`, startMs));
  lines.push(row(`${name}: restarted without state, back → passing again`, lostMs));
}
process.stdout.write(`${lines.join('\n')}\n`);
