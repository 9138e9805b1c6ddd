/**
 * How long does the bridge's first sync of 5,000 tasks take, how much memory does it hold, and how many calls to Consul
 * does a change of one app cost?
 *
 * `CONSUL_BIN=… node bench/marathon.ts [apps] [tasks per app] [checks]`: prints Markdown; default 250 × 20 without health
 * checks. A scripted Marathon and a real Consul, one agent that takes all of it, which is the worst case: with thousands
 * of checks it is the agent that takes the time. The bridge is in this process for the times and the calls, and a process
 * of its own (`pilotfish marathon`) for the memory. Every app has a label and one port.
 */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { registries } from '../test/support/discovery-registry.ts';
import { BridgeStage } from '../test/support/marathon-bridge-stage.ts';
import { MarathonStage } from '../test/support/marathon-stage.ts';
import { registryKinds } from '../test/support/registries.ts';
import { until } from '../test/support/until.ts';
import { machineFacts } from './harness/machine-facts.ts';

const apps = Number(process.argv[2] ?? 250);
const tasks = Number(process.argv[3] ?? 20);
const hasChecks = process.argv[4] === 'checks';
const kind = registryKinds.at(-1);
const start = registries.at(-1)?.start;
if (kind?.isHere !== true || start === undefined) throw new Error('this measures on a real Consul: set CONSUL_BIN');

const appOf = (number: number): Parameters<BridgeStage['marathon']['deploy']>[0] => ({
  id: `/group-${number % 10}/app-${number}`,
  instances: tasks,
  labels: { team: `team-${number}` },
  ports: [{}],
  healthChecks: hasChecks ? [{ protocol: 'TCP', intervalSeconds: 600 }] : [],
});

/** What one step took. */
interface Cost {
  readonly what: string;
  readonly ms: number;
  /** Of this process: the bridge and the scripted Marathon. */
  readonly cpuMs: number;
  readonly reads: number;
  readonly writes: number;
  readonly marathon: number;
}

async function measured(): Promise<readonly Cost[]> {
  await using stage = await BridgeStage.start(kind as typeof kind & object);
  for (let number = 0; number < apps; number++) stage.marathon.deploy(appOf(number));
  const costs: Cost[] = [];
  const cost = async (what: string, step: () => Promise<void>): Promise<void> => {
    const before = { reads: stage.reads, writes: stage.writes.length, marathon: stage.marathon.requests.length };
    const rounds = stage.told('sync_ended').length;
    const cpu = process.cpuUsage();
    await step();
    const ms = stage
      .told('sync_ended')
      .slice(rounds)
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
    costs.push({
      what,
      ms,
      cpuMs: (process.cpuUsage(cpu).user + process.cpuUsage(cpu).system) / 1_000,
      reads: stage.reads - before.reads,
      writes: stage.writes.length - before.writes,
      marathon: stage.marathon.requests.length - before.marathon,
    });
  };
  const status = (taskId: string, taskStatus: string, ports: readonly number[] = []): object => ({
    ...{ eventType: 'status_update_event', appId: '/group-7/app-7', taskId, taskStatus, host: '127.0.0.1', ports },
  });
  await cost('the first sync: everything is new', () => stage.run(300_000));
  await cost('the next sync: nothing has changed', () => stage.sync());
  const extra = stage.marathon.launch('/group-7/app-7');
  stage.marathon.start(extra.id);
  await cost('an event: a task of one app runs', () => stage.hear(status(extra.id, 'TASK_RUNNING', extra.ports)));
  stage.marathon.kill(extra.id);
  await cost('an event: the task is killed', () => stage.hear(status(extra.id, 'TASK_KILLED')));
  await cost('the same event again', () => stage.hear(status(extra.id, 'TASK_KILLED')));
  stage.marathon.update('/group-7/app-7', { labels: { team: 'another' } });
  await cost(`one app replaced, ${tasks} tasks and a label`, () => {
    return stage.hear({ eventType: 'app_terminated_event', appId: '/group-7/app-7' });
  });
  return costs;
}

/** `VmRSS` of a process, in MiB. */
function residentMib(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

async function memory(): Promise<readonly (readonly [string, number])[]> {
  if (start === undefined) return [];
  await using stage = await MarathonStage.start(start);
  const { process: bridge } = await stage.bridge(['--purge', '--sync-interval', '5']);
  await sleep(3_000);
  const empty = residentMib(bridge.pid);
  stage.marathon.muted = true;
  for (let number = 0; number < apps; number++) stage.marathon.deploy(appOf(number));
  stage.marathon.muted = false;
  await until('all services', async () => (await stage.services()).length === apps * tasks, 300_000);
  const full = residentMib(bridge.pid);
  let most = full;
  for (let second = 0; second < 30; second++) {
    await sleep(1_000);
    most = Math.max(most, residentMib(bridge.pid));
  }
  return [
    ['no app', empty],
    ['after the first sync', full],
    ['the most in 30 s of a sync each 5 s', most],
    ['at the end of them', residentMib(bridge.pid)],
  ];
}

const costs = await measured();
const sizes = await memory();
const { cpu, cores, memoryGib, kernel, node, commit } = machineFacts();
process.stdout.write(
  [
    `${cpu}, ${cores} cores, ${memoryGib} GiB, Linux ${kernel}, Node ${node}, commit ${commit}; ${apps} apps × ${tasks} tasks`,
    '',
    '| | ms | CPU ms | reads of Consul | writes | requests to Marathon |',
    '|---|---|---|---|---|---|',
    ...costs.map(
      (it) =>
        `| ${it.what} | ${it.ms.toFixed(0)} | ${it.cpuMs.toFixed(0)} | ${it.reads} | ${it.writes} | ${it.marathon} |`,
    ),
    '',
    '| resident, MiB | |',
    '|---|---|',
    ...sizes.map(([what, mib]) => `| ${what} | ${mib.toFixed(0)} |`),
    '',
  ].join('\n'),
);
