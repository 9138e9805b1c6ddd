import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/consul/answer.ts';
import type { CheckStatus, HealthEntry } from '../../../src/consul/decode/health.ts';
import type { HealthApi, InstancesListener } from '../../../src/consul/health.ts';
import { ConsulSource } from '../../../src/discovery/consul-source.ts';
import { consume } from '../../support/discovery-source.ts';
import { settle } from '../../support/fake-clock.ts';

type Options = Parameters<HealthApi['followInstances']>[2];

const check = (status: CheckStatus, id = 'service:app-1', output = '') => ({
  id,
  node: 'node-1',
  name: 'check',
  status,
  notes: '',
  output,
  serviceId: 'app-1',
  serviceName: 'app',
  serviceTags: [],
  type: 'http',
});

function entry(
  different: { service?: Partial<HealthEntry['service']>; checks?: HealthEntry['checks'] } = {},
): HealthEntry {
  return {
    node: {
      id: '',
      name: 'node-1',
      address: '10.0.0.1',
      datacenter: 'dc1',
      taggedAddresses: new Map(),
      meta: new Map([
        ['zone', 'a'],
        ['rack', '7'],
      ]),
    },
    service: {
      id: 'app-1',
      name: 'app',
      tags: [],
      address: '',
      port: 8000,
      meta: new Map(),
      taggedAddresses: new Map(),
      weights: { passing: 10, warning: 1 },
      kind: '',
      ...different.service,
    },
    checks: different.checks ?? [],
  };
}

const meta: Answer<unknown>['meta'] = {
  index: 7,
  contentHash: undefined,
  knownLeader: true,
  lastContactMs: 0,
  cache: 'hit',
  ageMs: 0,
  effectiveConsistency: undefined,
};

/** Consul as the source sees it: answers that a test gives one by one. */
class ScriptedHealth {
  asked: { readonly service: string; readonly options: Options } | undefined;
  /** The watch that goes on. */
  listener: InstancesListener<unknown> | undefined;

  readonly api: Pick<HealthApi, 'service' | 'followInstances'> = {
    followInstances: (service, listener, options = {}) => {
      this.asked = { service, options };
      this.listener = listener as InstancesListener<unknown>;
      return {
        end: async () => {
          this.listener = undefined;
        },
      };
    },
    service: async (service, options = {}) => {
      this.asked = { service, options };
      return { value: [entry(), entry({ service: { id: 'app-2', tags: ['v2'] } })], meta };
    },
  };

  async answer(...value: readonly HealthEntry[]): Promise<void> {
    this.listener?.answered({ value: value.map((each) => this.listener?.read(each)), meta });
    await settle();
  }
}

async function arrange(query = { service: 'app' }) {
  const health = new ScriptedHealth();
  const seen = consume(new ConsulSource({ consul: { health: health.api } }), query);
  await settle();
  return { health, seen };
}

describe('the endpoints of an answer', () => {
  it.each<[string, readonly CheckStatus[], string, number]>([
    ['no check', [], 'passing', 10],
    ['passing checks', ['passing', 'passing'], 'passing', 10],
    ['a warning', ['passing', 'warning'], 'warning', 1],
    ['a critical one beside a warning', ['warning', 'critical'], 'critical', 10],
  ])('with %s: %s', async (_what, statuses, health, weight) => {
    const { health: consul, seen } = await arrange();
    await consul.answer(entry({ checks: statuses.map((status, n) => check(status, `c${n}`)) }));
    expect(seen.latest?.endpoints).toMatchObject([{ health, weight }]);
    await seen.stop();
  });

  it.each(['_service_maintenance:app-1', '_node_maintenance'])('in maintenance by %s are told apart', async (id) => {
    const { health, seen } = await arrange();
    await health.answer(entry({ checks: [check('critical', id), check('critical')] }));
    expect(seen.latest?.endpoints).toMatchObject([
      { health: 'maintenance', checks: [{ id, status: 'maintenance' }, { status: 'critical' }] },
    ]);
    await seen.stop();
  });

  it('tell of the checks that do not pass, and of no others', async () => {
    const { health, seen } = await arrange();
    const well = entry({ checks: [check('passing', 'a', 'fine')] });
    const slow = entry({
      service: { id: 'app-2' },
      checks: [check('passing', 'a', 'fine'), check('warning', 'b', 'slow')],
    });
    await health.answer(well, slow);
    expect(seen.latest?.endpoints.map(({ checks }) => checks)).toEqual([
      [],
      [expect.objectContaining({ id: 'b', status: 'warning', output: 'slow' })],
    ]);
    await seen.stop();
  });

  it('have the service’s address or else the node’s, and the node’s metadata under the service’s', async () => {
    const { health, seen } = await arrange();
    const own = { id: 'app-2', address: '10.9.9.9', meta: new Map([['zone', 'b']]) };
    await health.answer(entry(), entry({ service: own }));
    expect(seen.latest?.endpoints).toMatchObject([
      { id: 'node-1/app-1', host: '10.0.0.1', port: 8000, node: 'node-1', datacenter: 'dc1' },
      {
        id: 'node-1/app-2',
        host: '10.9.9.9',
        meta: new Map([
          ['zone', 'b'],
          ['rack', '7'],
        ]),
      },
    ]);
    await seen.stop();
  });
});

describe('a watch', () => {
  it('asks for all instances through the agent’s cache, in the datacenter it is told', async () => {
    const { health, seen } = await arrange({ service: 'app', datacenter: 'dc2', tag: 'v2' } as { service: string });
    expect(health.asked).toMatchObject({ service: 'app', options: { consistency: 'cached', datacenter: 'dc2' } });
    expect(health.asked?.options).not.toHaveProperty('passing');
    expect(health.asked?.options).not.toHaveProperty('tags');
    await seen.stop();
  });

  it('yields nothing for the same in another order, or for another output', async () => {
    const { health, seen } = await arrange();
    const one = (output: string) => entry({ checks: [check('warning', 'c', output)] });
    const two = entry({ service: { id: 'app-2' } });
    await health.answer(one('200 OK'), two);
    await health.answer(two, one('200 OK in 3 ms'));
    expect(seen.sets).toHaveLength(1);
    await health.answer(two);
    expect(seen.sets).toHaveLength(2);
    await seen.stop();
  });

  it('yields an empty answer, also as the first', async () => {
    const { health, seen } = await arrange();
    await health.answer();
    expect(seen.sets).toEqual([{ origin: 'consul', endpoints: [] }]);
    await seen.stop();
  });

  it('filters a tag whatever its case', async () => {
    const { health, seen } = await arrange({ service: 'app', tag: 'V2' } as { service: string });
    await health.answer(entry(), entry({ service: { id: 'app-2', tags: ['x', 'v2'] } }));
    expect(seen.latest?.endpoints.map(({ id }) => id)).toEqual(['node-1/app-2']);
    await seen.stop();
  });

  it('passes on what confirms its view, and takes an old answer for a failure', async () => {
    const { health, seen } = await arrange();
    health.listener?.confirmed?.(meta);
    health.listener?.stale?.({ ...meta, ageMs: 42_000 });
    expect(seen.confirmed).toBe(1);
    expect(seen.failures).toMatchObject([{ code: 'catalog_stale', message: expect.stringContaining('42000 ms') }]);
    await seen.stop();
  });

  it('takes an answer of thousands in several turns of the event loop', async () => {
    const { health, seen } = await arrange();
    const many = Array.from({ length: 2001 }, (_, n) => entry({ service: { id: `app-${n}` } }));
    let turns = 0;
    const answered = health.answer(...many);
    while (seen.sets.length === 0 && turns < 100) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await answered;
    expect(seen.latest?.endpoints).toHaveLength(2001);
    expect(turns).toBeGreaterThanOrEqual(4);
    await seen.stop();
  });
});

it('a re-read goes to the leader, and filters as the watch does', async () => {
  const health = new ScriptedHealth();
  const source = new ConsulSource({ consul: { health: health.api } });
  const endpoints = await source.reread({ service: 'app', tag: 'v2' }, new AbortController().signal);
  expect(endpoints.map(({ id }) => id)).toEqual(['node-1/app-2']);
  expect(health.asked?.options?.consistency).toBe('consistent');
});
