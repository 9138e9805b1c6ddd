import { describe, expect, it } from 'vitest';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { reply, type Scripted, scriptedClient } from '../../support/consul-transport.ts';

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
