import { ConsulClient } from '../src/consul/consul-client.ts';
import { ConsulTrafficRules } from '../src/discovery/consul-traffic-rules.ts';
import { seededRandom } from '../src/runtime/random.ts';
import { Diversion } from '../src/upstream/diversion.ts';
import { consulBin, RealConsul } from '../test/support/real-consul.ts';

/**
 * How soon after Consul took a changed splitter is the new share in force, and how exactly is a share kept to?
 * `CONSUL_BIN=… node bench/traffic-rules.ts [changes]`; each change is one PUT on a real agent with Connect on.
 */
const changes = Number(process.argv[2] ?? 50);
const SERVICE = 'web';

if (consulBin === undefined) throw new Error('set CONSUL_BIN to the path of a consul binary');
await using agent = await RealConsul.start({ config: { connect: { enabled: true } } });
const consul = new ConsulClient({ address: agent.address });
const put = (Kind: string, rest: Readonly<Record<string, unknown>>) =>
  consul.config.put({ Kind, Name: SERVICE, ...rest });
const split = (share: number) =>
  put('service-splitter', {
    Splits: [
      { Weight: share, ServiceSubset: 'v1' },
      { Weight: 100 - share, ServiceSubset: 'v2' },
    ],
  });
await put('service-defaults', { Protocol: 'http' });
await put('service-resolver', {
  Subsets: { v1: { Filter: 'Service.Meta.v == 1' }, v2: { Filter: 'Service.Meta.v == 2' } },
});
await split(90);

let seen: { readonly share: number; readonly atMs: number } | undefined;
let onSeen = () => {};
const unfollow = new ConsulTrafficRules(consul).follow(SERVICE, (plan) => {
  seen = { share: plan?.routes[0]?.splits[0]?.weight ?? 0, atMs: performance.now() };
  if (plan !== undefined && seen.share === 90)
    keepsTo(plan.routes[0]?.splits.length ?? 0, new Diversion(plan, ({ key }) => key, seededRandom(1)));
  onSeen();
});

/** Waits until the plan has this share. */
async function sees(share: number): Promise<number> {
  while (seen?.share !== share) {
    await new Promise<void>((resolve) => {
      onSeen = resolve;
    });
  }
  return seen.atMs;
}

await sees(90);
const tookMs: number[] = [];
for (let change = 0; change < changes; change++) {
  const share = change % 2 === 0 ? 50 : 10;
  await split(share);
  const takenMs = performance.now();
  tookMs.push((await sees(share)) - takenMs);
  await new Promise((resolve) => setTimeout(resolve, 150));
}
tookMs.sort((a, b) => a - b);
const at = (part: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * part))]?.toFixed(1);
process.stdout.write(
  `change answered → plan in force, ${changes} changes: p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms\n`,
);
await unfollow();
await consul.close();

/** Deals 20,000 requests. */
function keepsTo(splits: number, diversion: Diversion<string>): void {
  const route = diversion.route({ method: 'GET', target: '/', header: () => undefined });
  const counts = new Map<string, number>();
  for (let request = 0; request < 20_000; request++) {
    const key = route.next();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  process.stdout.write(
    `90/10 over ${splits} targets, 20,000 requests: ${JSON.stringify(Object.fromEntries(counts))}\n`,
  );
}
