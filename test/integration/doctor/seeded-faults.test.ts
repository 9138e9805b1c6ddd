import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoctorStage, problemsOf, textOf } from '../../support/doctor-stage.ts';
import { freePorts } from '../../support/free-port.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { registryKinds, type TestRegistry } from '../../support/registries.ts';

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`the doctor on ${kind.name}`, () => {
    let registry: TestRegistry;
    let stage: DoctorStage;

    beforeEach(async () => {
      registry = await kind.start();
      stage = await DoctorStage.start(registry.address);
    });

    afterEach(async () => {
      await stage[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    });

    it('finds nothing wrong with a healthy app, its upstream and a second instance beside it', async () => {
      await stage.register();
      const other = await stage.listen();
      await stage.register({ 'service.port': other });
      await stage.consul.agent.register({ name: 'payments', port: other, tags: ['v2'] });
      const diagnosis = await stage.diagnose({
        'upstreams.payments.tag': 'V2',
        'upstreams.payments.fallback': [`127.0.0.1:${other}`],
      });
      expect(diagnosis.findings.filter(({ level }) => level !== 'fine')).toEqual([]);
      expect(diagnosis.findings.map(({ code }) => code)).toEqual(
        expect.arrayContaining(['registered', 'dial_back', 'checks', 'in_catalog', 'upstream', 'upstream_fallback']),
      );
    });

    it('names an app that nobody registered', async () => {
      const diagnosis = await stage.diagnose();
      expect(problemsOf(diagnosis)).toEqual(['not_registered']);
    });

    it('names an address that is not this machine’s', async () => {
      await stage.register({ 'service.address': '192.0.2.7', 'service.check': 'none' });
      const diagnosis = await stage.diagnose();
      expect(problemsOf(diagnosis)).toEqual(['wrong_address']);
      expect(textOf(diagnosis, 'wrong_address')).toMatch(/192\.0\.2\.7.*no such address.*belongs at 127\.0\.0\.1/);
    });

    it('names loopback when callers are on other machines', async () => {
      await stage.register();
      await stage.consul.catalog.register({
        node: 'elsewhere',
        address: '192.0.2.8',
        service: { name: 'orders', port: 1 },
      });
      const diagnosis = await stage.diagnose();
      expect(problemsOf(diagnosis)).toEqual(['wrong_address']);
      expect(textOf(diagnosis, 'wrong_address')).toContain('another machine for every caller');
    });

    it('names an id that another program took', async () => {
      const other = await stage.listen();
      await stage.register({ 'service.id': 'orders-1', 'service.port': other });
      const diagnosis = await stage.diagnose({ 'service.id': 'orders-1' });
      expect(problemsOf(diagnosis)).toEqual(['duplicate_id']);
      expect(textOf(diagnosis, 'duplicate_id')).toContain(`:${other}`);
    });

    it('names another service at the same address and port', async () => {
      await stage.register();
      await stage.consul.agent.register({ name: 'billing', address: '127.0.0.1', port: stage.port });
      const diagnosis = await stage.diagnose();
      expect(problemsOf(diagnosis)).toEqual(['address_in_use']);
      expect(textOf(diagnosis, 'address_in_use')).toContain('billing');
    });

    it('names what an earlier run left', async () => {
      await stage.register();
      const gone = await freePort();
      await stage.register({ 'service.port': gone, 'service.check': 'none' });
      const diagnosis = await stage.diagnose();
      expect(problemsOf(diagnosis)).toEqual(['orphan']);
      expect(textOf(diagnosis, 'orphan')).toMatch(new RegExp(`:${gone}.*refused.*deregister/orders-127.0.0.1-${gone}`));
    });

    it('names a check that fails, with what it says', async () => {
      stage.app = (_request, response) => void response.writeHead(503).end('the database is away');
      await stage.register({}, 'critical');
      const diagnosis = await stage.diagnose();
      expect(problemsOf(diagnosis)).toEqual(['check_failing']);
      expect(textOf(diagnosis, 'check_failing')).toMatch(/503.*the database is away/);
    });

    it('names a heartbeat that does not come', async () => {
      const settings = { 'service.check': { ttl: '1s' } };
      await stage.register(settings, 'critical');
      await expect
        .poll(async () => problemsOf(await stage.diagnose(settings)), { timeout: 10_000 })
        .toEqual(['ttl_late']);
      const diagnosis = await stage.diagnose(settings);
      expect(problemsOf(diagnosis)).toEqual(['ttl_late']);
    });

    it('names an app that is not there', async () => {
      const gone = await freePort();
      await stage.register({ 'service.port': gone }, 'critical');
      const diagnosis = await stage.diagnose({ 'service.port': gone });
      expect(problemsOf(diagnosis)).toEqual(['unreachable_address', 'check_failing']);
    });

    it('names upstreams that are not in the catalog, have no such tag, or whose fallback is away', async () => {
      await stage.register();
      await stage.consul.agent.register({ name: 'payments', port: stage.port + 1, tags: ['v2'] });
      const gone = await freePort();
      const diagnosis = await stage.diagnose({
        'upstreams.paymnets.policy': 'random',
        'upstreams.payments.tag': 'v3',
        'upstreams.mail.endpoints': [`127.0.0.1:${gone}`],
      });
      expect(problemsOf(diagnosis)).toEqual(['upstream_unknown', 'upstream_tag_unknown', 'upstream_endpoints']);
      expect(textOf(diagnosis, 'upstream_unknown')).toContain('did you mean "payments"?');
      expect(textOf(diagnosis, 'upstream_tag_unknown')).toContain('their tags: v2');
    });

    it('names Consul when it is away, and still looks at the rest', async () => {
      await registry[Symbol.asyncDispose]();
      const diagnosis = await stage.diagnose();
      expect(diagnosis.isConsulReachable).toBe(false);
      expect(problemsOf(diagnosis)).toEqual(['consul_unreachable']);
      expect(diagnosis.findings.map(({ code }) => code)).toContain('sidecar');
    });
  });
}

describe.skipIf(consulBin === undefined)('the doctor on a Consul with ACLs', () => {
  it('names a token that does not exist, and each rule that a token lacks', async () => {
    // The agent uses the default token for callers without one: so the test's own look at its health works.
    const acl = { enabled: true, default_policy: 'deny', tokens: { master: 'root', agent: 'root', default: 'root' } };
    await using consul = await RealConsul.start({ config: { acl } });
    await using stage = await DoctorStage.start(consul.address, 'root');
    const write = async (path: string, body: unknown) => {
      const init = { method: 'PUT', headers: { 'x-consul-token': 'root' }, body: JSON.stringify(body) };
      return (await (await fetch(`${consul.address}/v1/acl/${path}`, init)).json()) as { SecretID: string };
    };
    await write('policy', { Name: 'poor', Rules: 'service "orders" { policy = "write" }' });
    const { SecretID } = await write('token', { Policies: [{ Name: 'poor' }] });
    await stage.register();
    expect(problemsOf(await stage.diagnose({ 'consul.token': 'root' }))).toEqual([]);

    const unknown = await stage.diagnose({ 'consul.token': 'b5b5b5b5-0000-4000-8000-000000000000' });
    expect(problemsOf(unknown)).toContain('acl_token_unknown');

    const poor = await stage.diagnose({ 'consul.token': SecretID, 'upstreams.payments.tag': 'v2' });
    expect(poor.findings.filter(({ level }) => level === 'problem').map(({ message }) => message)).toEqual([
      'the token lacks service:read on "payments"',
      'the token lacks node:read on ""',
    ]);
    expect(textOf(poor, 'acl_rule_missing')).toContain('service "payments" { policy = "read" }');
  });
});
