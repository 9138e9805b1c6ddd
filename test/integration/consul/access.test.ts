import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

const ROOT = '5f6b4d7e-0000-4000-8000-000000000001';

let consul: RealConsul;
let root: ConsulClient;
let poor: ConsulClient;

async function refusal(act: Promise<unknown>): Promise<ConsulError> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConsulError)) throw new Error(`not refused: ${error}`);
  return error;
}

async function acl(path: string, body: unknown): Promise<{ SecretID: string }> {
  const init = { method: 'PUT', headers: { 'x-consul-token': ROOT }, body: JSON.stringify(body) };
  const answer = await fetch(`${consul.address}/v1/acl/${path}`, init);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { SecretID: string };
}

describe.skipIf(consulBin === undefined)('with access control on', () => {
  beforeAll(async () => {
    consul = await RealConsul.start({
      // The agent uses the default token for callers without one: so the test's own look at its health works.
      config: { acl: { enabled: true, default_policy: 'deny', tokens: { master: ROOT, default: ROOT } } },
    });
    root = new ConsulClient({ address: consul.address, token: ROOT });
    await acl('policy', { Name: 'poor', Rules: 'key_prefix "open/" { policy = "write" }' });
    const { SecretID } = await acl('token', { Policies: [{ Name: 'poor' }] });
    poor = new ConsulClient({ address: consul.address, token: SecretID });
    await root.agent.register({ name: 'web', port: 1, checks: [{ id: 'c', probe: { kind: 'ttl', ttlMs: 60_000 } }] });
    await root.kv.put('shut/a', 'secret');
    for await (const { value } of root.health.watchService('web')) if (value.length === 1) break;
  });

  afterAll(async () => {
    await root?.close();
    await poor?.close();
    await consul?.[Symbol.asyncDispose]();
  });

  it('an unknown token is told as such', async () => {
    const token = '5f6b4d7e-0000-4000-8000-00000000dead';
    const error = await refusal(root.kv.get('a', { token }));
    expect([error.kind, error.status]).toEqual(['PermissionDenied', 403]);
    expect(error.message).toContain('Consul does not know this token');
    expect(error.message).not.toContain(token);
  });

  it('what a token may not see of health and catalog is left out without a word', async () => {
    expect((await poor.health.service('web')).value).toEqual([]);
    expect((await poor.catalog.service('web')).value).toEqual([]);
    expect((await poor.catalog.services()).value.size).toBe(0);
  });

  it('a key that may not be read names the rule; a tree is as if empty', async () => {
    const error = await refusal(poor.kv.get('shut/a'));
    expect([error.kind, error.missingRule]).toEqual(['PermissionDenied', 'key:read on "shut/a"']);
    expect((await poor.kv.list('shut/')).value).toEqual([]);
    expect((await refusal(poor.kv.put('shut/a', 'x'))).missingRule).toBe('key:write on "shut/a"');
    expect(await poor.kv.put('open/a', 'x')).toBe(true);
  });

  it.each([
    ['registering', () => poor.agent.register({ name: 'web', port: 2 }), 'service:write on "web"'],
    ['a heartbeat', () => poor.agent.checks.pass('c'), 'service:write or node:write for check "c"'],
    ['deregistering', () => poor.agent.deregister('web'), 'service:write on the service of "web"'],
    ['a session', () => poor.session.create(), 'session:write on the node of the agent'],
    ['the agent itself', () => poor.agent.self(), 'agent:read'],
    ['an event', () => poor.event.fire('deploy'), 'event:write on "deploy"'],
    ['a config entry', () => poor.config.put({ Kind: 'service-resolver', Name: 'web' }), 'service:write on "web"'],
  ])('%s without its rule names it', async (_what, act, rule) => {
    const error = await refusal(act());
    expect([error.kind, error.missingRule]).toEqual(['PermissionDenied', rule]);
    expect(error.message).toContain(`the token lacks ${rule}`);
  });

  it('deregistering what is not there counts as gone', async () => {
    expect(await root.agent.deregister('never-there')).toBe(false);
  });

  it('a watch goes on when its token is refused, and sees the service once it is good', async () => {
    const failures: string[] = [];
    const token = async () => (failures.length > 0 ? ROOT : '5f6b4d7e-0000-4000-8000-00000000dead');
    const client = new ConsulClient({ address: consul.address, token: { token, refused: () => {} } });
    const observer = { failed: (error: ConsulError) => void failures.push(error.kind) };
    for await (const { value } of client.health.watchService('web', { observer })) {
      expect(value).toHaveLength(1);
      break;
    }
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(failures)).toEqual(new Set(['PermissionDenied']));
    await client.close();
  });
});
