import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policies } from '../../../src/balance/by-name.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import type { Endpoint, EndpointHealth } from '../../../src/upstream/endpoint.ts';
import type { Lease, Outcome } from '../../../src/upstream/lease.ts';
import type { Member } from '../../../src/upstream/member.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import type { PolicyName, UpstreamSettings } from '../../../src/upstream/upstream-settings.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaultSettings, endpoint, upstreamFault } from '../../support/upstream-parts.ts';
import { catalogDown } from '../../support/upstream-scripted-source.ts';

type Step =
  | { readonly do: 'apply'; readonly tier: number; readonly endpoints: readonly Endpoint[] }
  | { readonly do: 'fail'; readonly tier: number }
  | { readonly do: 'acquire'; readonly hash: number; readonly excludeNth: number | undefined }
  | { readonly do: 'settle'; readonly nth: number; readonly outcome: Outcome; readonly twice: boolean }
  | { readonly do: 'pass'; readonly ms: number };

const health = fc.constantFrom<EndpointHealth>('passing', 'passing', 'passing', 'warning', 'critical', 'maintenance');

const anEndpoint = fc
  .record({
    id: fc.integer({ min: 0, max: 7 }),
    health,
    weight: fc.constantFrom(0, 1, 1, 1, 5),
    port: fc.constantFrom(8000, 8000, 8001),
    zone: fc.constantFrom('z1', 'z2'),
  })
  .map(({ id, zone, ...rest }) => endpoint(`e${id}`, { ...rest, meta: new Map([['zone', zone]]) }));

const outcome = fc.constantFrom<Outcome>(
  { kind: 'responded', status: 200 },
  { kind: 'responded', status: 503 },
  { kind: 'responded', status: 500 },
  { kind: 'failed', cause: upstreamFault },
  { kind: 'failed', cause: upstreamFault },
  { kind: 'cancelled' },
);

const tier = fc.constantFrom(0, 0, 0, 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      tier,
      endpoints: fc.array(anEndpoint, { maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), tier }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      hash: fc.nat(),
      excludeNth: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      nth: fc.nat({ max: 20 }),
      outcome,
      twice: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
);

const settings: fc.Arbitrary<UpstreamSettings> = fc
  .record({
    policy: fc.constantFrom(...(Object.keys(policies) as PolicyName[])),
    passing: fc.boolean(),
    panicBelow: fc.constantFrom(0, 0.5, 1),
    failover: fc.constantFrom<readonly string[]>([], ['dc2']),
    fallback: fc.constantFrom<readonly string[]>([], ['10.9.9.9:80']),
    locality: fc.constantFrom(undefined, { key: 'zone', value: 'z1', spillBelow: 0.7 }),
    limits: fc.constantFrom(defaultSettings.limits, { ...defaultSettings.limits, requests: 5 }),
    consecutiveFailures: fc.constantFrom(1, 2, 5),
    maxEjected: fc.constantFrom(0, 0.5, 1),
    slowStartMs: fc.constantFrom(0, 10_000),
  })
  .map(({ consecutiveFailures, maxEjected, slowStartMs, ...rest }) => ({
    ...defaultSettings,
    ...rest,
    outlier: {
      ...defaultSettings.outlier,
      consecutiveFailures,
      maxEjected,
      slowStartMs,
      successRateDeviation: 1,
      successRateVolume: 3,
      intervalMs: 5000,
    },
  }));

function checkInvariants(orders: Upstream, open: readonly Lease[], ejectedNow: boolean): void {
  expect(orders.inFlight).toBe(open.length);
  const { selection, view } = orders.choice;
  const all: Member[] = [];
  for (const each of orders.views) all.push(...each.members(), ...each.departed());
  for (const member of all) expect(member.inFlight).toBeGreaterThanOrEqual(0);
  const inView = new Set(view.members());
  for (const member of selection.candidates) {
    expect(inView.has(member)).toBe(true);
    expect(member.weight).toBeGreaterThan(0);
    expect(member.endpoint.health).not.toBe('maintenance');
    if (!selection.panic) expect(member.outlier.kind).not.toBe('ejected');
  }
  expect(selection.usable.every((member) => selection.candidates.includes(member))).toBe(true);
  if (!ejectedNow) return;
  // At the moment of an ejection the share holds; later the catalog may shrink under those that are out.
  const { maxEjected } = orders.settings.outlier;
  const out = selection.wellCount - new Set(selection.usable).size;
  if (orders.settings.locality === undefined && selection.wellCount > 0) {
    expect(out).toBeLessThanOrEqual(Math.max(1, Math.floor(maxEjected * selection.wellCount)));
  }
}

/** What a new update must not lose of those that stay at the same address. */
function memory(orders: Upstream): Map<string, { member: Member; inFlight: number; outlier: unknown; port: number }> {
  const kept = new Map();
  for (const member of orders.choice.view.members()) {
    const { inFlight, outlier, endpoint: at } = member;
    kept.set(member.id, { member, inFlight, outlier, port: at.port });
  }
  return kept;
}

class Run {
  readonly clock = new FakeClock();
  readonly open: Lease[] = [];
  readonly orders: Upstream;
  #ejected = false;
  #applied = false;

  constructor(chosen: UpstreamSettings) {
    this.orders = new Upstream({
      key: 'orders',
      settings: chosen,
      clock: this.clock,
      random: seededRandom(1),
      observer: ({ kind }) => {
        if (kind === 'ejected') this.#ejected = true;
      },
    });
  }

  async take(next: Step): Promise<void> {
    this.#ejected = false;
    this.#applied = false;
    if (next.do === 'apply') this.#apply(next);
    else if (next.do === 'fail') this.orders.fail(catalogDown, next.tier);
    else if (next.do === 'acquire') this.#acquire(next);
    else if (next.do === 'settle') this.#settle(next);
    else await this.clock.advance(next.ms);
    const settledOnly = this.#ejected && next.do === 'settle' && !this.#applied;
    checkInvariants(this.orders, this.open, settledOnly);
  }

  #apply({ tier: at, endpoints: set }: Step & { do: 'apply' }): void {
    const { view } = this.orders.choice;
    const before = memory(this.orders);
    this.orders.apply({ origin: 'consul', endpoints: set }, at);
    if (this.orders.choice.view !== view || at !== 0) return;
    for (const member of view.members()) {
      const old = before.get(member.id);
      if (old === undefined) continue;
      expect(member).toBe(old.member);
      expect(member.inFlight).toBe(old.inFlight);
      const ports = new Set(set.filter(({ id }) => id === member.id).map(({ port }) => port));
      if (ports.size === 1 && ports.has(old.port)) expect(member.outlier).toBe(old.outlier);
    }
  }

  #acquire({ hash, excludeNth }: Step & { do: 'acquire' }): void {
    const { requests } = this.orders.settings.limits;
    const { candidates } = this.orders.choice.selection;
    const exclude = excludeNth === undefined ? undefined : this.open[excludeNth]?.endpoint;
    const lease = this.orders.acquire(exclude, hash);
    const full = requests > 0 && this.open.length >= requests;
    expect(lease === undefined).toBe(full || candidates.length === 0);
    if (lease === undefined) {
      expect(this.orders.refusal).toBe(full ? 'limit' : 'none');
      return;
    }
    expect(candidates.some(({ endpoint: each }) => each === lease.endpoint)).toBe(true);
    if (candidates.some(({ id }) => id !== exclude?.id)) expect(lease.endpoint.id).not.toBe(exclude?.id);
    this.open.push(lease);
  }

  #settle({ nth, outcome: how, twice }: Step & { do: 'settle' }): void {
    const [lease] = this.open.splice(nth % Math.max(1, this.open.length), 1);
    lease?.settle(how);
    if (twice) lease?.settle(how);
  }
}

describe('an upstream, whatever happens to it', () => {
  it('counts right, uses only whom it may, and keeps what it knows of those that stay', async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(step, { minLength: 10, maxLength: 80 }), async (chosen, steps) => {
        const run = new Run(chosen);
        for (const next of steps) await run.take(next);
        for (const lease of run.open.splice(0)) lease.settle({ kind: 'cancelled' });
        expect(run.orders.inFlight).toBe(0);
        for (const view of run.orders.views) {
          for (const { inFlight } of [...view.members(), ...view.departed()]) expect(inFlight).toBe(0);
        }
        run.orders.close();
        expect(run.clock.pending).toBe(0);
      }),
      { numRuns: 400, seed: 42 },
    );
  });
});
