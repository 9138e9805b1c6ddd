import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startDevAgent } from '../src/dev-agent/dev-agent.ts';
import { type Call, type RawAnswer, RawClient } from '../test/support/dev-agent-call.ts';
import { consulBin, RealConsul } from '../test/support/real-consul.ts';

/**
 * How long after a change does a blocked query return? The embedded registry and a real agent, each a process of its
 * own, in one run. `CONSUL_BIN=… node bench/registry-latency.ts [rounds]`; each round is one change.
 */
const rounds = Number(process.argv[2] ?? 300);

interface Case {
  readonly name: string;
  readonly watchers: number;
  readonly watch: string;
  /** The change of round `round`; a watched thing differs after it. */
  readonly change: (round: number) => Call;
  /** Puts things back between rounds, unmeasured. */
  readonly reset?: (round: number) => Call;
}

const put = (path: string, body?: object): Call => ({
  method: 'PUT',
  path,
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
const flip = (round: number): Call => put(`/v1/agent/check/${round % 2 === 0 ? 'pass' : 'fail'}/service:web`);
const register = (id: string): Call => put('/v1/agent/service/register', { ID: id, Name: 'web', Port: 80 });
const deregister = (id: string): Call => put(`/v1/agent/service/deregister/${id}`);
const WEB = '/v1/health/service/web';

const cases: readonly Case[] = [
  {
    name: 'register',
    watchers: 1,
    watch: WEB,
    change: (at) => register(`r${at}`),
    reset: (at) => deregister(`r${at}`),
  },
  { name: 'TTL flip, 1 watcher', watchers: 1, watch: WEB, change: flip },
  { name: 'TTL flip, 80 watchers', watchers: 80, watch: WEB, change: flip },
  { name: 'TTL flip, 80 watchers, ?cached', watchers: 80, watch: `${WEB}?cached`, change: flip },
  {
    name: 'deregister',
    watchers: 1,
    watch: WEB,
    change: (at) => deregister(`d${at}`),
    reset: (at) => register(`d${at + 1}`),
  },
  { name: 'KV put', watchers: 1, watch: '/v1/kv/key', change: (at) => put('/v1/kv/key', { at }) },
];

async function measure(address: string, test: Case): Promise<readonly number[]> {
  using client = new RawClient(address);
  await client.send(put('/v1/agent/service/register', { ID: 'web', Name: 'web', Port: 80, Check: { TTL: '1h' } }));
  await client.send(put('/v1/kv/key', { at: -1 }));
  await client.send(register('d0'));
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await client.send({ method: 'GET', path: test.watch.replace('?cached', '') });
    const target = `${test.watch}${test.watch.includes('?') ? '&' : '?'}index=${indexOf(before)}&wait=1m`;
    const polls = Array.from({ length: test.watchers }, async () => {
      const answer = await client.send({ method: 'GET', path: target });
      return { at: performance.now(), answer };
    });
    await new Promise((resolve) => setTimeout(resolve, test.watchers > 1 ? 40 : 8));
    const from = performance.now();
    const changed = client.send(test.change(round));
    for (const { at, answer } of await Promise.all(polls)) {
      if (indexOf(answer) === indexOf(before)) throw new Error(`${test.name}: a poll returned without a change`);
      samples.push(at - from);
    }
    await changed;
    if (test.reset !== undefined) await client.send(test.reset(round));
  }
  return samples;
}

function indexOf(answer: RawAnswer): string {
  return answer.headers.get('x-consul-index') ?? '';
}

function quantile(samples: readonly number[], share: number): string {
  const sorted = [...samples].sort((one, other) => one - other);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);
}

async function serve(): Promise<void> {
  const agent = await startDevAgent({ listen: '127.0.0.1:0' });
  process.stdout.write(agent.address);
  process.once('SIGTERM', () => void agent.close());
}

async function compare(): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [address] = (await once(child.stdout, 'data')) as [Buffer];
  const contestants: [string, string][] = [['embedded', address.toString()]];
  await using consul = consulBin === undefined ? undefined : await RealConsul.start();
  if (consul !== undefined) contestants.push(['real agent', consul.address]);
  process.stdout.write(
    `| change → poll returns (p50 / p99 ms, ${rounds} changes each) | ${contestants.map(([name]) => name).join(' | ')} |\n`,
  );
  process.stdout.write(`|---|${contestants.map(() => '---|').join('')}\n`);
  for (const test of cases) {
    const cells: string[] = [];
    for (const [, target] of contestants) {
      const samples = await measure(target, test);
      cells.push(`${quantile(samples, 0.5)} / ${quantile(samples, 0.99)}`);
    }
    process.stdout.write(`| ${test.name} | ${cells.join(' | ')} |\n`);
  }
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

await (process.argv[2] === 'serve' ? serve() : compare());
