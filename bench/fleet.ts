import { readFileSync } from 'node:fs';
import { ConsulClient } from '../src/consul/consul-client.ts';
import { QueryBudget, type QueryKind } from '../src/consul/query-budget.ts';
import type { Consistency } from '../src/consul/read-options.ts';
import { ConsulSource } from '../src/discovery/consul-source.ts';
import { Registrar } from '../src/registration/registrar.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { systemRandom } from '../src/runtime/random.ts';
import { consulBin, RealConsul } from '../test/support/real-consul.ts';

/**
 * What does a fleet of sidecars cost a Consul agent, and how soon do all of them know of a change? The discovery and the
 * registration of so many sidecars in this one process, against one real agent that is server and client in one.
 * `CONSUL_BIN=… node bench/fleet.ts [sidecars] [changes]`; under two minutes with 1,000 and 10.
 */
const sidecars = Number(process.argv[2] ?? 1000);
const changes = Number(process.argv[3] ?? 10);
/** More than a heartbeat of each. */
const IDLE_MS = 12_000;
/** All must know of a change within this time, or it counts as missed. */
const CHANGE_MS = 15_000;
const TTL_MS = 30_000;
/** Of Linux, for CPU times in /proc. */
const TICKS_PER_SECOND = 100;

interface Plan {
  readonly name: string;
  readonly consistency: Consistency;
  /** What the agent allows one address. */
  readonly connectionLimit: number;
  /** One client for all, whose polls take turns; else one each, as processes have. */
  readonly isShared: boolean;
  /** Of all changes, so many: where polls take turns, each takes seconds to reach everybody. */
  readonly shareOfChanges: number;
}

const plans: readonly Plan[] = [
  { name: 'plain, limit raised', consistency: 'default', connectionLimit: 8_000, isShared: false, shareOfChanges: 1 },
  { name: '?cached, limit raised', consistency: 'cached', connectionLimit: 8_000, isShared: false, shareOfChanges: 1 },
  {
    name: '?cached, 200 connections',
    consistency: 'cached',
    connectionLimit: 200,
    isShared: true,
    shareOfChanges: 0.4,
  },
];

async function measure(plan: Plan): Promise<Record<string, unknown>> {
  await using agent = await RealConsul.start({
    config: { limits: { http_max_conns_per_client: plan.connectionLimit } },
  });
  const ended = new AbortController();
  const budget = new QueryBudget({ clock: systemClock, pollsPerSecond: 1e6, burst: 1e6 });
  const connect = () => new ConsulClient({ address: agent.address, budget, pollConnections: plan.isShared ? 128 : 4 });
  const shared = plan.isShared ? connect() : undefined;
  const clients = Array.from({ length: sidecars }, () => shared ?? connect());
  const fleet = new Fleet();
  const startedMs = performance.now();
  const running = clients.map((consul, index) => fleet.start({ consul, index, plan }, ended.signal));
  await fleet.when(() => fleet.registered === sidecars, 60_000);
  const registeredMs = performance.now() - startedMs;
  // The marker is what changes; all sidecars watch its service.
  const operator = new ConsulClient({ address: agent.address });
  const mark = (version: number) =>
    operator.agent.register({ id: 'marker', name: 'api', port: 1, meta: { version: String(version) } });
  await mark(0);
  await fleet.when(() => fleet.knowing(0) === sidecars, 60_000);
  const idle = await cost(agent.pid ?? 0, budget, () => systemClock.sleep(IDLE_MS));
  const rounds = Math.max(1, Math.round(changes * plan.shareOfChanges));
  let missed = 0;
  const wakeMs: number[] = [];
  const churn = await cost(agent.pid ?? 0, budget, async () => {
    for (let version = 1; version <= rounds; version++) {
      const sentMs = performance.now();
      await mark(version);
      await fleet.when(() => fleet.knowing(version) === sidecars, CHANGE_MS);
      missed += sidecars - fleet.knowing(version);
      for (const atMs of fleet.knownAtMs.get(version) ?? []) wakeMs.push(atMs - sentMs);
      await systemClock.sleep(200);
    }
  });
  wakeMs.sort((a, b) => a - b);
  const at = (share: number) => Number((wakeMs[Math.floor(wakeMs.length * share)] ?? Number.NaN).toFixed(1));
  const result = {
    plan: plan.name,
    sidecars,
    registeredMs: Math.round(registeredMs),
    idle,
    churn: { changes: rounds, ...churn },
    wakeMs: { p50: at(0.5), p99: at(0.99), max: at(0.99999), missed },
    agentMib: residentMib(agent.pid ?? 0),
    ownMib: residentMib(process.pid),
  };
  ended.abort();
  await Promise.all([...new Set(clients)].map((client) => client.close()));
  await operator.close();
  await Promise.allSettled(running);
  return result;
}

/** All sidecars of a plan, and what they know. */
class Fleet {
  registered = 0;
  /** When each sidecar learnt of a version of the marker. */
  readonly knownAtMs = new Map<number, number[]>();

  /** How many know of this version. */
  knowing(version: number): number {
    return this.knownAtMs.get(version)?.length ?? 0;
  }

  /** Waits until it is so, at most so long. */
  async when(isSo: () => boolean, withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (!isSo() && performance.now() < untilMs) await systemClock.sleep(5);
  }

  /** One sidecar: its app's registration with a heartbeat, and the watch of a service. */
  async start(
    { consul, index, plan }: { consul: ConsulClient; index: number; plan: Plan },
    signal: AbortSignal,
  ): Promise<void> {
    const registrar = new Registrar({
      settings: {
        name: `app-${index % 50}`,
        port: 1024 + index,
        address: '127.0.0.1',
        tags: [],
        meta: new Map(),
        weights: { passing: 1, warning: 1 },
        checks: [{ kind: 'ttl', ttlMs: TTL_MS, deregisterAfterMs: 60_000 }],
        waitForAppMs: 0,
        enableTagOverride: false,
      },
      consul,
      resolveAddress: async () => '127.0.0.1',
      clock: systemClock,
      random: systemRandom,
      onEvent: ({ kind }) => {
        if (kind === 'registered') this.registered += 1;
      },
      probe: async () => ({ status: 'passing', output: 'well' }),
    });
    const registration = registrar.run(signal);
    const source = new ConsulSource({ consul, consistency: plan.consistency });
    const watching = source.watch(
      { service: 'api' },
      {
        changed: ({ endpoints }) => {
          const version = endpoints.find(({ id }) => id.endsWith('/marker'))?.meta.get('version');
          if (version !== undefined) this.#note(Number(version));
        },
        confirmed: () => {},
        failed: () => {},
      },
    );
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await watching.end();
    await registration;
  }

  #note(version: number): void {
    const times = this.knownAtMs.get(version) ?? [];
    times.push(performance.now());
    this.knownAtMs.set(version, times);
  }
}

/** What happens to the agent and to us while `run` runs. */
async function cost(pid: number, budget: QueryBudget, run: () => Promise<void>): Promise<Record<string, number>> {
  const [agentBefore, spentBefore, own, startedMs] = [
    cpuSeconds(pid),
    new Map(budget.spent),
    process.cpuUsage(),
    performance.now(),
  ];
  await run();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(own);
  const asked = (kind: QueryKind) => (budget.spent.get(kind) ?? 0) - (spentBefore.get(kind) ?? 0);
  const perSecond = (count: number) => Number((count / seconds).toFixed(1));
  return {
    seconds: Number(seconds.toFixed(1)),
    pollsPerSecond: perSecond(asked('poll')),
    readsPerSecond: perSecond(asked('read')),
    heartbeatsPerSecond: perSecond(asked('heartbeat')),
    agentCpuPercent: Math.round(((cpuSeconds(pid) - agentBefore) / seconds) * 100),
    ownCpuPercent: Math.round((user + system) / 1e4 / seconds),
  };
}

/** User and system time of a process so far; proc(5). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMib(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Math.round(Number(kib) / 1024);
}

if (consulBin === undefined) throw new Error('set CONSUL_BIN to the path of a consul binary');
for (const plan of plans) process.stdout.write(`${JSON.stringify(await measure(plan))}\n`);
process.exit();
