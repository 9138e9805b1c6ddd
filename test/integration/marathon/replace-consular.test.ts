import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registries } from '../../support/discovery-registry.ts';
import { MarathonStage } from '../../support/marathon-stage.ts';
import { until } from '../../support/until.ts';

/** What Python's `json.dumps` makes of a text: everything beyond ASCII is escaped. */
function jsonDumps(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** docs/how-to/replace-consular.md, step by step. */
describe.each(registries)('in Consular’s place, on $name', ({ start }) => {
  let stage: MarathonStage;

  /** Registers everything that Marathon runs as Consular 1.x does (consular/main.py). */
  async function asConsular(registrationId: string): Promise<void> {
    for (const { appId, id, host, ports } of stage.marathon.tasks()) {
      const name = appId.slice(1).replaceAll('/', '-');
      const Tags = [`consular-reg-id=${registrationId}`, `consular-app-id=${appId}`];
      const port = ports.length === 0 ? {} : { Port: Math.min(...ports) };
      await stage.put('/v1/agent/service/register', { Name: name, ID: id, Address: host, Tags, ...port });
      for (const [label, value] of Object.entries(stage.marathon.app(appId).labels ?? {}))
        await stage.put(`/v1/kv/consular/${name}/${encodeURIComponent(label)}`, jsonDumps(value));
    }
  }

  /** Everything in the registry that the bridge could have written, with the indexes of the keys. */
  async function everything(): Promise<unknown> {
    const entries = (await (await fetch(`${stage.registry.address}/v1/kv/consular/?recurse`)).json()) as object[];
    return { services: await stage.services(), entries };
  }

  beforeAll(async () => {
    stage = await MarathonStage.start(start, { version: '0.15' });
    stage.marathon.deploy({
      id: '/shop/orders',
      instances: 3,
      labels: { role: 'web', HAPROXY_0_VHOST: 'orders.example', größe: 'über', 'traefik.frontend.rule': 'Host: "a"\n' },
      ports: [{}],
      healthChecks: [{ protocol: 'HTTP', path: '/health', portIndex: 0 }],
    });
    stage.marathon.deploy({ id: '/shop/payments', instances: 2, ports: [{}, {}] });
    stage.marathon.deploy({ id: '/cron', instances: 1, labels: { empty: '' } });
    await asConsular('consular');
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  it('the dry run says “no change” about what Consular left', async () => {
    expect(await stage.plan(['--purge', '--no-health-checks'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/(^|\n)no change\n$/) as string,
    });
  });

  it('and what it would add with health checks', async () => {
    const { code, stdout } = await stage.plan(['--purge']);
    expect(code).toBe(10);
    expect(stdout.trim().split('\n').slice(1)).toHaveLength(3);
    expect(stdout).toMatch(/^register +\/shop\/orders .* checks$/m);
  });

  it('and what Consular missed: a task that ended, an app that is gone with its labels', async () => {
    await stage.put('/v1/agent/service/register', {
      Name: 'shop-orders',
      ID: 'shop_orders.dead',
      Address: '127.0.0.1',
      Port: 1,
      Tags: ['consular-reg-id=consular', 'consular-app-id=/shop/orders'],
    });
    await stage.put('/v1/agent/service/register', {
      Name: 'gone',
      ID: 'gone.1',
      Address: '127.0.0.1',
      Tags: ['consular-reg-id=consular', 'consular-app-id=/gone'],
    });
    await stage.put('/v1/kv/consular/gone/role', '"web"');
    const before = await everything();
    const { code, stdout } = await stage.plan(['--purge', '--no-health-checks']);
    expect(code).toBe(10);
    expect(stdout).toMatch(/^deregister +\/shop\/orders +shop_orders\.dead .* not_running$/m);
    expect(stdout).toMatch(/^deregister +\/gone +gone\.1 .* app_gone$/m);
    expect(stdout).toMatch(/^delete label +\/gone +consular\/gone\/role$/m);
    expect(stdout.trim().split('\n')).toHaveLength(4);
    expect(await everything()).toEqual(before);
    await stage.put('/v1/agent/service/deregister/shop_orders.dead', '');
    await stage.put('/v1/agent/service/deregister/gone.1', '');
    await fetch(`${stage.registry.address}/v1/kv/consular/gone?recurse`, { method: 'DELETE' });
  });

  it('the bridge takes over without writing anything, and uses the callback that Marathon has', async () => {
    const before = await everything();
    const { process, adminUrl } = await stage.bridge(['--purge', '--no-health-checks', '--sync-interval', '300']);
    await until('it is ready', async () => (await fetch(`${adminUrl}/readyz`)).status === 200);
    expect(await everything()).toEqual(before);
    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).not.toContain('pilotfish_marathon_changes_total{');
    expect(metrics).toMatch(/^pilotfish_marathon_services 6$/m);
    expect(stage.marathon.requests).toContain('GET /v2/eventSubscriptions');
    // And back: it leaves everything as it is.
    process.signal('SIGTERM');
    await process.ended;
    expect(await everything()).toEqual(before);
  });

  it('two bridges with different registration ids do not touch each other’s services and labels', async () => {
    const before = await everything();
    const { code, stdout } = await stage.plan(['--purge', '--no-health-checks', '--registration-id', 'other']);
    expect(code).toBe(10);
    expect(stdout).not.toMatch(/deregister|delete label/);
    expect(await everything()).toEqual(before);
  });
});
