import { describe, expect, it } from 'vitest';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { indexed, reply, scriptedClient } from '../../support/consul-transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';

async function errorOf(act: Promise<unknown>): Promise<ConsulError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConsulError)) throw new Error(`no ConsulError: ${error}`);
  return error;
}

describe('a read', () => {
  it('carries what its options say, and only that', async () => {
    const { client, transport } = scriptedClient(() => indexed(3, []));
    await client.health.service('a b/c', {
      tags: ['v2', 'eu'],
      passing: true,
      datacenter: 'dc2',
      namespace: 'team',
      filter: 'Service.Port != 0',
      near: '_agent',
      nodeMeta: { zone: 'a' },
      consistency: 'stale',
    });
    expect(transport.requests[0]?.path).toBe('/v1/health/service/a%20b%2Fc');
    expect([...(transport.queries[0] ?? [])].map((pair) => pair.join('='))).toEqual([
      'tag=v2',
      'tag=eu',
      'passing=1',
      'dc=dc2',
      'ns=team',
      'filter=Service.Port != 0',
      'near=_agent',
      'node-meta=zone:a',
      'stale=',
    ]);
  });

  it('carries nothing when nothing is said', async () => {
    const { client, transport } = scriptedClient(() => indexed(3, []));
    await client.health.service('web');
    expect(transport.requests[0]?.query).toBe('');
    expect(transport.requests[0]?.headers).toEqual({ accept: 'application/json' });
  });

  it('falls back to the client’s datacenter, namespace, consistency and token', async () => {
    const { client, transport } = scriptedClient(() => indexed(3, []), {
      datacenter: 'dc9',
      namespace: 'ns9',
      consistency: 'consistent',
      token: 'secret',
      auth: 'user:pass:word',
    });
    await client.health.service('web');
    expect(transport.requests[0]?.query).toBe('dc=dc9&ns=ns9&consistent=');
    expect(transport.requests[0]?.headers).toMatchObject({
      'x-consul-token': 'secret',
      authorization: `Basic ${Buffer.from('user:pass:word').toString('base64')}`,
    });
    await client.health.service('web', { datacenter: 'dc1', consistency: 'default', token: 'other' });
    expect(transport.requests[1]?.query).toBe('dc=dc1&ns=ns9');
    expect(transport.requests[1]?.headers['x-consul-token']).toBe('other');
  });

  it('that blocks goes by the lane of polls, with a unit on its wait', async () => {
    const { client, transport } = scriptedClient(() => indexed(3, []));
    await client.health.service('web', { index: 7, waitMs: 1_500 });
    await client.health.service('web', { index: 7 });
    await client.health.service('web', { index: 7, waitMs: 3_600_000 });
    expect(transport.requests.map((request) => request.query)).toEqual([
      'index=7&wait=1500ms',
      'index=7&wait=55000ms',
      'index=7&wait=600000ms',
    ]);
    expect(transport.requests.map((request) => request.lane)).toEqual(['poll', 'poll', 'poll']);
  });

  it('that blocks is given its wait, a sixteenth more, the 7 s of an agent without a leader, and a margin', async () => {
    const { client, transport } = scriptedClient(() => indexed(3, []));
    await client.health.service('web', { index: 7, waitMs: 300_000 });
    expect(transport.requests[0]?.timeoutMs).toBe((300_000 * 17) / 16 + 7_000 + 3_000);
    await client.health.service('web');
    expect(transport.requests[1]?.timeoutMs).toBe(10_000);
  });

  it('with an index below 1 does not block', async () => {
    const { client, transport } = scriptedClient(() => indexed(3, []));
    await client.health.service('web', { index: 0 });
    await client.health.service('web', { index: -5 });
    expect(transport.requests.map(({ query, lane }) => [query, lane])).toEqual([
      ['', 'call'],
      ['', 'call'],
    ]);
  });

  it.each([
    ['0', 1],
    ['1', 1],
    ['42', 42],
    ['', undefined],
    ['x', undefined],
    ['1.5', undefined],
    ['-3', undefined],
    ['99999999999999999999', undefined],
  ])('reads the index %j as %j', async (text, index) => {
    const { client } = scriptedClient(() => indexed(text, []));
    expect((await client.health.service('web')).meta.index).toBe(index);
  });

  it('tells what Consul says of the answer', async () => {
    const headers = {
      'x-consul-index': '9',
      'x-consul-knownleader': 'false',
      'x-consul-lastcontact': '12',
      'x-cache': 'HIT',
      age: '3',
      'x-consul-effective-consistency': 'leader',
    };
    const { client } = scriptedClient(() => reply(200, [], headers));
    expect((await client.health.service('web')).meta).toEqual({
      index: 9,
      contentHash: undefined,
      knownLeader: false,
      lastContactMs: 12,
      cache: 'hit',
      ageMs: 3_000,
      effectiveConsistency: 'leader',
    });
  });

  it('takes an index from a missing key, and from no other answer that is not 2xx', async () => {
    const { client } = scriptedClient(() => indexed(5, '', 404));
    expect((await client.kv.get('none')).meta.index).toBe(5);
    const other = scriptedClient(() => indexed(1, { AggregatedStatus: 'critical', Service: { Service: 'x' } }, 503));
    expect((await other.client.agent.serviceHealth('x'))?.status).toBe('critical');
  });

  it('names the place in an answer that is not as it should be', async () => {
    const entry = { Node: { Node: 'n', Address: '1.2.3.4' }, Service: { Service: 'web', Port: 'x' }, Checks: null };
    const { client } = scriptedClient(() => reply(200, [entry]));
    const error = await errorOf(client.health.service('web'));
    expect(error.kind).toBe('BadAnswer');
    expect(error.message).toBe('GET /v1/health/service/web: [0].Service.Port: expected a number, got "x"');
  });

  it('refuses an answer that is cut short', async () => {
    const { client } = scriptedClient(() => reply(200, '[{"Node": {'));
    const error = await errorOf(client.health.service('web'));
    expect(error.kind).toBe('BadAnswer');
    expect(error.message).toMatch(/expected JSON/);
  });
});

describe('what a client costs', () => {
  it('is counted by kind, and heartbeats go by their own lane', async () => {
    const clock = new FakeClock();
    const budget = new QueryBudget({ clock, pollsPerSecond: 10, burst: 5 });
    const { client, transport } = scriptedClient((request) => reply(200, request.path.includes('kv') ? true : []), {
      budget,
    });
    await client.health.service('web');
    await client.health.service('web', { index: 2 });
    await client.kv.put('a', 'b');
    await client.agent.checks.pass('c');
    expect(Object.fromEntries(budget.spent)).toEqual({ read: 1, poll: 1, write: 1, heartbeat: 1 });
    expect(transport.requests.map((request) => request.lane)).toEqual(['call', 'poll', 'call', 'heartbeat']);
  });
});

describe('options that an older agent would ignore', () => {
  const agent = (version: string) => (request: { path: string }) =>
    request.path === '/v1/agent/self'
      ? reply(200, { Config: { NodeName: 'n', Datacenter: 'd', Version: version } })
      : indexed(1, []);

  it('are refused when the agent is known to be older', async () => {
    const { client } = scriptedClient(agent('1.8.7+ent'));
    const error = await errorOf(client.health.service('web', { peer: 'east' }));
    expect(error.kind).toBe('Unsupported');
    expect(error.message).toContain('peer needs Consul 1.13; this agent is 1.8');
    expect((await errorOf(client.health.service('web', { partition: 'p' }))).kind).toBe('Unsupported');
  });

  it('go through to a newer agent, which is asked for its version once', async () => {
    const { client, transport } = scriptedClient(agent('1.13.0'));
    await client.health.service('web', { peer: 'east' });
    await client.health.service('web', { peer: 'east', partition: 'p' });
    expect(transport.requests.map((request) => request.path.replace('/v1/', ''))).toEqual([
      'agent/self',
      'health/service/web',
      'health/service/web',
    ]);
    expect(transport.requests[2]?.query).toBe('partition=p&peer=east');
  });

  it('go through when the token may not ask for the version', async () => {
    const { client } = scriptedClient((request) =>
      request.path === '/v1/agent/self' ? reply(403, '') : indexed(1, []),
    );
    expect((await client.health.service('web', { peer: 'east' })).value).toEqual([]);
  });
});
