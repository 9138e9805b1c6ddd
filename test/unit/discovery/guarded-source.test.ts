import { describe, expect, it } from 'vitest';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { GuardedSource } from '../../../src/discovery/guarded-source.ts';
import type { ProbeResult } from '../../../src/discovery/shrink-guard.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';
import { endpointsTo, idsOf } from '../../support/discovery-endpoint.ts';
import { consume, ScriptedSource } from '../../support/discovery-source.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

interface Evidence {
  probes?: (endpoint: Endpoint) => Promise<ProbeResult>;
  reread?: (signal: AbortSignal) => Promise<readonly Endpoint[]>;
}

function arrange({ probes, reread }: Evidence) {
  const clock = new FakeClock();
  const catalog = new ScriptedSource();
  const events: DiscoveryEvent[] = [];
  const probed: string[] = [];
  let rereads = 0;
  const source = new GuardedSource({
    source: catalog,
    clock,
    onEvent: (event) => events.push(event),
    probe: async (endpoint) => {
      probed.push(endpoint.id);
      return (await probes?.(endpoint)) ?? 'answers';
    },
    reread: async (_query, signal) => {
      rereads += 1;
      return (await reread?.(signal)) ?? [];
    },
  });
  const seen = consume(source);
  return { clock, catalog, events, probed, seen, rereads: () => rereads };
}

async function empty(catalog: ScriptedSource, count = 3): Promise<void> {
  await settle();
  catalog.answer(endpointsTo(count));
  await settle();
  catalog.answer([]);
  await settle();
}

describe('a sudden empty answer', () => {
  it('is honoured without any time passing when every host refuses', async () => {
    const { catalog, seen, events } = arrange({ probes: async () => 'refuses' });
    await empty(catalog);
    expect(seen.latest?.endpoints).toEqual([]);
    expect(events).toEqual([
      expect.objectContaining({ kind: 'shrink_held', of: 3 }),
      expect.objectContaining({ kind: 'shrink_settled', verdict: 'refused' }),
    ]);
    await seen.stop();
  });

  it('is honoured while Consul cannot be asked again, when every host refuses', async () => {
    const { catalog, seen } = arrange({ probes: async () => 'refuses', reread: () => new Promise(() => {}) });
    await empty(catalog);
    expect(seen.latest?.endpoints).toEqual([]);
  });

  it('is held for 30 s while the hosts answer, and then honoured', async () => {
    const { catalog, clock, seen, events } = arrange({ probes: async () => 'answers' });
    await empty(catalog);
    await clock.advance(29_999);
    expect(seen.latest?.endpoints).toHaveLength(3);
    await clock.advance(1);
    expect(seen.latest?.endpoints).toEqual([]);
    expect(events.at(-1)).toMatchObject({ kind: 'shrink_settled', verdict: 'expired' });
    await seen.stop();
    expect(clock.pending).toBe(0);
  });

  it('costs nothing when the leader lists them again at the very end', async () => {
    let listed: readonly Endpoint[] = [];
    const { catalog, clock, seen } = arrange({ probes: async () => 'answers', reread: async () => listed });
    await empty(catalog);
    await clock.advance(29_999);
    listed = endpointsTo(3);
    await clock.advance(1);
    expect(seen.sets.every(({ endpoints }) => endpoints.length === 3)).toBe(true);
    listed = [];
    await clock.advance(29_999);
    expect(seen.latest?.endpoints).toHaveLength(3);
    await clock.advance(1);
    expect(seen.latest?.endpoints).toEqual([]);
    await seen.stop();
    expect(clock.pending).toBe(0);
  });

  it('is honoured a second late when the leader is silent at the end', async () => {
    let isSilent = false;
    const reread = async (signal: AbortSignal): Promise<readonly Endpoint[]> => {
      if (isSilent) await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      return [];
    };
    const { catalog, clock, seen } = arrange({ probes: async () => 'answers', reread });
    await empty(catalog);
    await clock.advance(29_999);
    isSilent = true;
    await clock.advance(1000);
    expect(seen.latest?.endpoints).toHaveLength(3);
    await clock.advance(1);
    expect(seen.latest?.endpoints).toEqual([]);
    await seen.stop();
  });

  it('takes out the hosts that refuse, at once or later, and keeps the others', async () => {
    let down = 'node-1/app-1';
    const { catalog, clock, seen } = arrange({ probes: async ({ id }) => (id === down ? 'refuses' : 'answers') });
    await empty(catalog);
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/app-2', 'node-1/app-3']);
    down = 'node-1/app-2';
    await clock.advance(1000);
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/app-3']);
    await seen.stop();
  });

  it('changes nothing for the consumer when the next answer is whole again', async () => {
    const { catalog, seen, clock } = arrange({ probes: async () => 'answers' });
    await empty(catalog);
    catalog.answer(endpointsTo(3));
    await clock.advance(60_000);
    expect(seen.sets.every(({ endpoints }) => endpoints.length === 3)).toBe(true);
    await seen.stop();
  });

  it('asks the leader at once and then every 5 s, not with every probe', async () => {
    const { catalog, clock, seen, rereads, probed } = arrange({ probes: async () => 'answers' });
    await empty(catalog, 1);
    expect(rereads()).toBe(1);
    await clock.advance(10_000);
    expect(rereads()).toBe(3);
    expect(probed).toHaveLength(11);
    await seen.stop();
  });
});

it('dials no more than 64 hosts at a time', async () => {
  let open = 0;
  let most = 0;
  const { catalog, seen } = arrange({
    probes: async () => {
      most = Math.max(most, ++open);
      await settle();
      open -= 1;
      return 'refuses';
    },
  });
  await empty(catalog, 500);
  for (let turn = 0; turn < 30; turn++) await settle();
  expect(seen.latest?.endpoints).toEqual([]);
  expect(most).toBe(64);
  await seen.stop();
});

it('probes nothing and asks nobody while the catalog behaves', async () => {
  const { catalog, seen, probed, rereads } = arrange({});
  await settle();
  for (const count of [3, 4, 3, 2, 2, 1]) {
    catalog.answer(endpointsTo(count));
    await settle();
  }
  expect(probed).toEqual([]);
  expect(rereads()).toBe(0);
  expect(seen.latest?.endpoints).toHaveLength(1);
  await seen.stop();
});

it('ends its inquiry and the watch below when the consumer leaves', async () => {
  const { catalog, clock, seen } = arrange({ probes: async () => 'answers' });
  await empty(catalog);
  await seen.stop();
  expect(catalog.open).toBe(0);
  expect(clock.pending).toBe(0);
});
