import { describe, expect, it } from 'vitest';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { indexed, reply, type Scripted, scriptedClient } from '../../support/consul-transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';

async function errorOf(act: Promise<unknown>): Promise<ConsulError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConsulError)) throw new Error(`no ConsulError: ${error}`);
  return error;
}

function failing(status: number, text: string, headers: Record<string, string> = {}): Promise<ConsulError> {
  const { client } = scriptedClient(() => reply(status, text, headers));
  return errorOf(client.health.service('web'));
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

describe('an error', () => {
  it.each([
    [400, 'Invalid index', 'BadRequest', false],
    [403, 'Permission denied', 'PermissionDenied', false],
    [404, 'not here', 'NotFound', false],
    [405, 'method not allowed', 'BadRequest', false],
    [409, 'conflict', 'Conflict', false],
    [413, 'too large', 'TooLarge', false],
    [429, 'slow down', 'RateLimited', true],
    [500, 'No cluster leader', 'NoLeader', true],
    [500, 'rpc error making call: Permission denied', 'PermissionDenied', false],
    [500, 'rpc error: ACL not found', 'PermissionDenied', false],
    [500, 'Unknown service "x"', 'NotFound', false],
    [500, 'CheckID "x" does not have associated TTL', 'NotFound', false],
    [500, 'No path to datacenter', 'ServerError', true],
    [500, 'Failed to create boolean expression evaluator: 1:1', 'BadRequest', false],
    [502, 'bad gateway', 'ServerError', true],
    [301, '', 'BadAnswer', true],
  ] as const)('with %i %j is %s', async (status, text, kind, retryable) => {
    const { client } = scriptedClient(() => reply(status, text));
    const error = await errorOf(client.agent.self({ timeoutMs: 1 }));
    expect([error.kind, error.retryable, error.status, error.consulText]).toEqual([kind, retryable, status, text]);
    expect(error.message.startsWith(`GET /v1/agent/self: ${status}`)).toBe(true);
  });

  it('names the rule that a later Consul says is missing', async () => {
    const text = `Permission denied: token with AccessorID '0' lacks permission 'node:read' on "n1"`;
    expect((await failing(403, text)).missingRule).toBe('node:read on "n1"');
  });

  it('names the rule that the endpoint needs when Consul does not say', async () => {
    const error = await failing(403, 'Permission denied');
    expect(error.missingRule).toBe('service:read on "web" and node:read on its nodes');
    expect(error.message).toContain('the token lacks service:read on "web"');
  });

  it('says that a token is unknown', async () => {
    expect((await failing(403, 'ACL not found')).message).toContain('Consul does not know this token');
  });

  it('never carries the token or the query, and is one line', async () => {
    const { client } = scriptedClient(() => reply(500, 'bad token s3cret\r\nforged: line\u2028x'), { token: 's3cret' });
    const error = await errorOf(client.health.service('web', { filter: 'Meta.password == "hunter2"' }));
    expect(error.message).toBe('GET /v1/health/service/web: 500 bad token [token] forged: line x');
    expect(JSON.stringify(error)).not.toMatch(/s3cret|hunter2/);
  });

  it('shortens a long text', async () => {
    expect((await failing(500, 'x'.repeat(100_000))).consulText?.length).toBeLessThan(600);
  });

  it('passes on what the transport says', async () => {
    const lost = new ConsulError({ kind: 'Unreachable', method: 'GET', path: '/v1/x', problem: 'refused' });
    const { client } = scriptedClient(() => lost);
    expect(await errorOf(client.status.leader())).toBe(lost);
  });
});

describe('a rate-limit answer', () => {
  const limited: Scripted = reply(429, 'slow down', { 'retry-after': '2' });

  it('makes a call wait as long as it asks, and try again', async () => {
    const { client, transport, clock } = scriptedClient((_request, number) =>
      number === 0 ? limited : reply(200, true),
    );
    const put = client.kv.put('a', 'b');
    await clock.advance(1_999);
    expect(transport.requests).toHaveLength(1);
    await clock.advance(1);
    expect(await put).toBe(true);
  });

  it('is an error after the third time', async () => {
    const { client, transport, clock } = scriptedClient(() => limited);
    const error = errorOf(client.kv.put('a', 'b'));
    await clock.advance(10_000);
    expect((await error).retryAfterMs).toBe(2_000);
    expect(transport.requests).toHaveLength(3);
  });

  it('is an error at once when it asks for more than the call’s time', async () => {
    const { client, transport } = scriptedClient(() => limited);
    expect((await errorOf(client.kv.put('a', 'b', { timeoutMs: 1_000 }))).kind).toBe('RateLimited');
    expect(transport.requests).toHaveLength(1);
  });

  it('is left to the watch when a poll gets it', async () => {
    const { client, transport } = scriptedClient(() => limited);
    expect((await errorOf(client.kv.get('a', { index: 4 }))).retryAfterMs).toBe(2_000);
    expect(transport.requests).toHaveLength(1);
  });

  it('may give a date, and is not believed beyond a minute', async () => {
    const date = 'Sat, 21 Nov 2026 05:00:00 GMT';
    const soon = await errorOf(
      scriptedClient(() => reply(503, '', { date, 'retry-after': 'Sat, 21 Nov 2026 05:00:20 GMT' })).client.kv.get(
        'a',
        {
          index: 1,
        },
      ),
    );
    expect([soon.kind, soon.retryAfterMs]).toEqual(['RateLimited', 20_000]);
    const late = await errorOf(
      scriptedClient(() => reply(429, '', { 'retry-after': '86400' })).client.kv.get('a', { index: 1 }),
    );
    expect(late.retryAfterMs).toBe(60_000);
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
