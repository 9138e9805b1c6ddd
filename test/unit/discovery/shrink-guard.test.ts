import { describe, expect, it } from 'vitest';
import { DEFAULT_SHRINK_GUARD, ShrinkGuard } from '../../../src/discovery/shrink-guard.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';
import { endpointNo, endpointsTo, idsOf } from '../../support/discovery-endpoint.ts';

const guardWith = (endpoints: readonly Endpoint[]): ShrinkGuard => {
  const guard = new ShrinkGuard(DEFAULT_SHRINK_GUARD);
  guard.offer({ origin: 'consul', endpoints }, 0);
  return guard;
};
const offer = (guard: ShrinkGuard, endpoints: readonly Endpoint[], nowMs = 5000) =>
  guard.offer({ origin: 'consul', endpoints }, nowMs);
const viewOf = (guard: ShrinkGuard) => idsOf(guard.view?.endpoints ?? []);

describe('what passes at once', () => {
  it('one of three leaves', () => {
    const guard = guardWith(endpointsTo(3));
    offer(guard, endpointsTo(2));
    expect(viewOf(guard)).toEqual(idsOf(endpointsTo(2)));
  });

  it('exactly half leaves', () => {
    const guard = guardWith(endpointsTo(4));
    offer(guard, endpointsTo(2));
    expect(guard.view?.endpoints).toHaveLength(2);
  });

  it.each(['maintenance', 'critical'] as const)('the only one leaves after it was in %s', (health) => {
    const guard = guardWith([endpointNo(1, { health })]);
    offer(guard, []);
    expect(guard.view?.endpoints).toEqual([]);
  });

  it('a small set shrinks one by one, however quickly', () => {
    const guard = guardWith(endpointsTo(5));
    for (const [step, left] of [4, 3, 2, 1].entries()) {
      offer(guard, endpointsTo(left), 5000 + step);
      expect(guard.view?.endpoints).toHaveLength(left);
    }
  });

  it('a large set shrinks step by step, slowly', () => {
    const guard = guardWith(endpointsTo(20));
    for (let left = 18; left > 0; left -= 2) {
      offer(guard, endpointsTo(left), (20 - left) * 2000);
      expect(guard.held).toEqual([]);
    }
  });

  it('everything is replaced by as many others', () => {
    const guard = guardWith(endpointsTo(3));
    const others = [11, 12, 13].map((n) => endpointNo(n));
    offer(guard, others);
    expect(viewOf(guard)).toEqual(idsOf(others));
  });

  it('an address is registered anew under another id', () => {
    const guard = guardWith(endpointsTo(1));
    offer(guard, [endpointNo(1, { id: 'node-1/renamed' })]);
    expect(viewOf(guard)).toEqual(['node-1/renamed']);
  });

  it('the first answer, even an empty one', () => {
    expect(guardWith([]).view?.endpoints).toEqual([]);
  });
});

describe('what is held', () => {
  it('all of a sudden nothing is listed', () => {
    const guard = guardWith(endpointsTo(3));
    offer(guard, []);
    expect(viewOf(guard)).toEqual(idsOf(endpointsTo(3)));
    expect(idsOf(guard.held)).toEqual(idsOf(endpointsTo(3)));
  });

  it('more than half leaves; who stays and who is new counts at once', () => {
    const guard = guardWith(endpointsTo(5));
    const warned = endpointNo(1, { health: 'warning' });
    offer(guard, [warned, endpointNo(9)]);
    expect(viewOf(guard)).toEqual(idsOf([...endpointsTo(5), endpointNo(9)]));
    expect(guard.view?.endpoints).toContain(warned);
  });

  it('more than half leaves, but not one whose address came back under another id', () => {
    const guard = guardWith(endpointsTo(3));
    offer(guard, [endpointNo(1, { id: 'node-1/renamed' })]);
    expect(idsOf(guard.held)).toEqual(['node-1/app-2', 'node-1/app-3']);
  });

  it('all usable ones leave and only critical ones stay', () => {
    const dead = [7, 8, 9].map((n) => endpointNo(n, { health: 'critical' }));
    const guard = guardWith([...endpointsTo(2), ...dead]);
    offer(guard, dead);
    expect(idsOf(guard.held)).toEqual(idsOf(endpointsTo(2)));
  });

  it('a large set loses more than half in several answers within a second', () => {
    const guard = guardWith(endpointsTo(10));
    for (const left of [8, 6, 4]) offer(guard, endpointsTo(left), 5000 + (10 - left) * 50);
    expect(guard.view?.endpoints).toHaveLength(6);
  });
});

describe('evidence', () => {
  const emptied = () => {
    const guard = guardWith(endpointsTo(1));
    offer(guard, []);
    return guard;
  };
  const one = endpointNo(1);

  it.each([
    { probe: 'refuses', listed: undefined, verdict: 'refused' },
    { probe: 'refuses', listed: [one], verdict: 'refused' },
    { probe: 'refuses', listed: [], verdict: 'refused' },
    { probe: 'silent', listed: [], verdict: 'confirmed' },
    { probe: 'silent', listed: [one], verdict: undefined },
    { probe: 'silent', listed: undefined, verdict: undefined },
    { probe: 'unclear', listed: [], verdict: undefined },
    { probe: 'answers', listed: [], verdict: undefined },
    { probe: 'answers', listed: [one], verdict: undefined },
  ] as const)('a probe: $probe; the leader lists: $listed.length; verdict: $verdict', ({ probe, listed, verdict }) => {
    for (const order of ['probe first', 'leader first']) {
      const guard = emptied();
      const decisions =
        order === 'probe first'
          ? [...guard.probed(new Map([[one.id, probe]])), ...guard.reread(listed)]
          : [...guard.reread(listed), ...guard.probed(new Map([[one.id, probe]]))];
      expect(decisions).toEqual(verdict === undefined ? [] : [{ endpoint: one, verdict }]);
      expect(guard.view?.endpoints).toEqual(verdict === undefined ? [one] : []);
    }
  });

  it('is not waited for longer than 30 s', () => {
    const guard = emptied();
    expect(guard.expiresInMs(5000)).toBe(30_000);
    expect(guard.expire(34_999)).toEqual([]);
    expect(guard.expire(35_000)).toEqual([{ endpoint: one, verdict: 'expired' }]);
    expect(guard.view?.endpoints).toEqual([]);
  });

  it('is waited for as long as the leader lists it', () => {
    const guard = emptied();
    guard.reread([one]);
    expect(guard.expire(35_000)).toEqual([]);
    expect(guard.expiresInMs(35_000)).toBe(30_000);
    guard.reread([]);
    expect(guard.expire(65_000)).toEqual([{ endpoint: one, verdict: 'expired' }]);
  });

  it('ends when the catalog lists it again', () => {
    const guard = emptied();
    expect(offer(guard, [one], 6000)).toEqual([{ endpoint: one, verdict: 'returned' }]);
    expect(guard.view?.endpoints).toEqual([one]);
    expect(guard.held).toEqual([]);
  });

  it('is not asked anew, nor the time begun anew, by another answer that is as empty', () => {
    const guard = emptied();
    offer(guard, [], 20_000);
    expect(guard.expire(35_000)).toHaveLength(1);
  });
});
