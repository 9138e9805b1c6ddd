/**
 * How long does a pick take, and how long does an update of 10,000 endpoints hold up the event loop?
 *
 * `node bench/balance.ts`: prints Markdown. Each policy is first shown to be correct (shares by weight); then all are
 * timed in interleaved rounds in one process, and the median of the rounds is shown.
 */

import type { Balancer } from '../src/balance/balancer.ts';
import { policies } from '../src/balance/by-name.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { seededRandom, systemRandom } from '../src/runtime/random.ts';
import { Member } from '../src/upstream/member.ts';
import { Upstream } from '../src/upstream/upstream.ts';
import type { PolicyName } from '../src/upstream/upstream-settings.ts';
import { defaultSettings, endpoint } from '../test/support/upstream-parts.ts';

const SIZES = [3, 100, 10_000];
/** Short rounds: one that the machine interrupts is then an outlier, which a median leaves out. */
const ROUNDS = 15;
const APPLY_ROUNDS = 11;
const PICKS_PER_ROUND = 100_000;
/** Requests that are under way while picks are timed. */
const IN_FLIGHT = 256;
/** Picks before those that count, so that caches hold what a busy sidecar's would. */
const WARM_UP = 20_000;
const names = Object.keys(policies) as PolicyName[];

function members(count: number, weightOf: (index: number) => number): Member[] {
  return Array.from({ length: count }, (_, index) => {
    const member = new Member(endpoint(`node-${index % 50}/orders-${index}`, { weight: weightOf(index) }));
    member.record().latencyMs = 1 + (index % 7);
    return member;
  });
}

/** Fails unless an idle list of weights 1, 2, 3 gets its shares within 10 %. */
function proveCorrect(name: PolicyName): void {
  const balancer = policies[name](seededRandom(7));
  const list = members(60, (index) => 1 + (index % 3));
  for (const member of list) member.record().latencyMs = 1;
  const picked = [0, 0, 0, 0];
  const random = seededRandom(3);
  for (let pick = 0; pick < 120_000; pick++) {
    const weight = balancer.pick(list, Math.floor(random() * 2 ** 32))?.weight ?? 0;
    picked[weight] = (picked[weight] ?? 0) + 1;
  }
  for (const weight of [1, 2, 3]) {
    const share = (picked[weight] ?? 0) / 120_000;
    if (Math.abs(share - weight / 6) > weight / 60) throw new Error(`${name}: weight ${weight} got ${share}`);
  }
}

/** Nanoseconds per pick, the load's bookkeeping included: each pick adds a request and ends the oldest. */
function time(balancer: Balancer, list: readonly Member[]): number {
  const underWay: Member[] = [];
  const step = (pick: number) => {
    const member = balancer.pick(list, Math.imul(pick, 0x9e3779b1)) as Member;
    member.record().inFlight += 1;
    const slot = pick % IN_FLIGHT;
    const oldest = underWay[slot];
    if (oldest !== undefined) oldest.record().inFlight -= 1;
    underWay[slot] = member;
  };
  for (let pick = 0; pick < WARM_UP; pick++) step(pick);
  const startMs = performance.now();
  for (let pick = 0; pick < PICKS_PER_ROUND; pick++) step(pick);
  const perPickNs = ((performance.now() - startMs) * 1e6) / PICKS_PER_ROUND;
  for (const member of underWay) member.record().inFlight -= 1;
  return perPickNs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function benchPicks(title: string, weightOf: (index: number) => number): void {
  const contestants = SIZES.flatMap((size) => {
    const list = members(size, weightOf);
    return names.map((name) => ({ name, list, balancer: policies[name](systemRandom), roundsNs: [] as number[] }));
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (const contestant of contestants) contestant.roundsNs.push(time(contestant.balancer, contestant.list));
  }
  console.log(
    `\n### ns per pick, median (best) of ${ROUNDS} rounds, ${title}\n\n| policy | ${SIZES.join(' | ')} |\n|---|${'---:|'.repeat(SIZES.length)}`,
  );
  for (const name of names) {
    const cells = contestants
      .filter((one) => one.name === name)
      .map(({ roundsNs }) => `${median(roundsNs).toFixed(0)} (${Math.min(...roundsNs).toFixed(0)})`);
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

/** The first set of 10,000, a set that replaces all objects but changes one, and one that changes a tenth; ms. */
function benchApply(name: PolicyName): readonly number[] {
  const set = (version: number, changed: number) =>
    Array.from({ length: 10_000 }, (_, index) =>
      endpoint(`node-${index % 50}/orders-${index + (index < changed ? 10_000 * version : 0)}`, {
        meta: new Map([['version', '1.4.2']]),
        tags: ['api', 'v1'],
        checks: [{ id: `service:${index}`, name: 'http', status: 'passing', output: 'HTTP GET: 200 OK' }],
      }),
    );
  const settings = { ...defaultSettings, policy: name };
  const upstream = new Upstream({ key: 'orders', settings, clock: systemClock, random: systemRandom });
  const blocked = [set(0, 0), set(1, 1), set(2, 1000)].map((endpoints) => {
    const startMs = performance.now();
    upstream.apply({ origin: 'consul', endpoints });
    upstream.acquire(undefined, 1)?.settle({ kind: 'cancelled' });
    return performance.now() - startMs;
  });
  upstream.close();
  return blocked;
}

/** A whole acquire and settle, at three endpoints; ns. */
function benchLease(name: PolicyName): number {
  const settings = { ...defaultSettings, policy: name };
  const upstream = new Upstream({ key: 'orders', settings, clock: systemClock, random: systemRandom });
  upstream.apply({ origin: 'consul', endpoints: ['a', 'b', 'c'].map((id) => endpoint(id)) });
  const outcome = { kind: 'responded', status: 200 } as const;
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    for (let nth = 0; nth < PICKS_PER_ROUND; nth++) upstream.acquire(undefined, nth)?.settle(outcome);
    rounds.push(((performance.now() - startMs) * 1e6) / PICKS_PER_ROUND);
  }
  upstream.close();
  return median(rounds);
}

for (const name of names) proveCorrect(name);
benchPicks('all of weight 1', () => 1);
benchPicks('weights 1 to 3', (index) => 1 + (index % 3));
benchPicks('weights 1 to 1000', (index) => 1 + ((index * 7919) % 1000));
console.log(
  '\n### 10,000 endpoints in one update: event loop blocked, ms: update and first pick, median (best–worst)\n',
);
console.log('| policy | first | one changed | 1,000 changed |\n|---|---:|---:|---:|');
for (const name of names) {
  const rounds = Array.from({ length: APPLY_ROUNDS }, () => benchApply(name));
  const cells = [0, 1, 2].map((column) => {
    const values = rounds.map((round) => round[column] ?? Number.NaN);
    return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
console.log('\n### acquire + settle at 3 endpoints, ns\n\n| policy | ns |\n|---|---:|');
for (const name of names) console.log(`| ${name} | ${benchLease(name).toFixed(0)} |`);
