import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_SHRINK_GUARD, type ProbeResult, ShrinkGuard } from '../../../src/discovery/shrink-guard.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';
import { endpointNo } from '../../support/discovery-endpoint.ts';

type Step =
  | { readonly kind: 'answer'; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'probe'; readonly results: ReadonlyMap<string, ProbeResult> }
  | { readonly kind: 'reread'; readonly listed: readonly Endpoint[] | undefined }
  | { readonly kind: 'time'; readonly ms: number };

const number = fc.integer({ min: 1, max: 12 });
const endpoint = fc.tuple(number, fc.constantFrom('passing', 'passing', 'warning', 'critical', 'maintenance'));
const endpoints = fc
  .uniqueArray(endpoint, { selector: ([n]) => n, maxLength: 12 })
  .map((list) => list.map(([n, health]) => endpointNo(n, { health })));
const probe = fc.constantFrom<ProbeResult[]>('answers', 'refuses', 'silent', 'unclear');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const), endpoints }) },
  fc.record({
    kind: fc.constant('probe' as const),
    results: fc
      .array(
        fc.tuple(
          number.map((n) => endpointNo(n).id),
          probe,
        ),
      )
      .map((list) => new Map(list)),
  }),
  fc.record({ kind: fc.constant('reread' as const), listed: fc.option(endpoints, { nil: undefined }) }),
  fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
);

it('whatever happens: what is listed is used as listed, nothing else but what is held, and that for 30 s at most, or as long as the leader lists it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const guard = new ShrinkGuard(DEFAULT_SHRINK_GUARD);
      const heldSince = new Map<string, number>();
      let nowMs = 0;
      let listed: readonly Endpoint[] = [];
      let ofLeader: ReadonlySet<string> = new Set();
      for (const each of steps) {
        if (each.kind === 'time') nowMs += each.ms;
        if (each.kind === 'probe') guard.probed(each.results);
        if (each.kind === 'reread') {
          const addresses = new Set(each.listed?.map(({ host, port }) => `${host} ${port}`));
          ofLeader = new Set(
            guard.held.filter(({ host, port }) => addresses.has(`${host} ${port}`)).map(({ id }) => id),
          );
          guard.reread(each.listed);
        }
        if (each.kind === 'answer') {
          listed = each.endpoints;
          guard.offer({ origin: 'consul', endpoints: listed }, nowMs);
        }
        guard.expire(nowMs);
        const held = new Set(guard.held.map(({ id }) => id));
        for (const id of heldSince.keys()) if (!held.has(id)) heldSince.delete(id);
        for (const id of held) if (!heldSince.has(id)) heldSince.set(id, nowMs);
        for (const [id, sinceMs] of heldSince) {
          if (nowMs - sinceMs < 30_000) continue;
          expect(ofLeader).toContain(id);
          heldSince.set(id, nowMs);
        }
        const view = guard.view?.endpoints ?? [];
        expect(view.slice(0, listed.length)).toEqual(listed);
        expect(new Set(view.slice(listed.length).map(({ id }) => id))).toEqual(held);
        expect(new Set(view.map(({ id }) => id)).size).toBe(view.length);
        for (const { health } of guard.held) expect(['passing', 'warning']).toContain(health);
      }
    }),
    { numRuns: 300 },
  );
});
