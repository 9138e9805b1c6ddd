import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeApp } from '../../fakes/marathon/fake-app.ts';
import { CliProcess } from '../../support/cli-process.ts';
import { registries } from '../../support/discovery-registry.ts';
import { freePorts } from '../../support/free-port.ts';
import { bridgeFacts, MarathonStage } from '../../support/marathon-stage.ts';
import { until } from '../../support/until.ts';

const ORDERS: FakeApp = { id: '/shop/orders', instances: 2, labels: { role: 'web' }, ports: [{}] };

interface PlanJson {
  readonly isSame: boolean;
  readonly changes: readonly {
    readonly action: string;
    readonly on: string;
    readonly because?: string;
    readonly content?: object | string;
  }[];
  readonly problems: readonly string[];
}

describe.each(registries)('pilotfish marathon on $name', ({ start }) => {
  let stage: MarathonStage;
  beforeAll(async () => {
    stage = await MarathonStage.start(start);
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  it('prints with --plan what it would do, does nothing, and exits 10; once it is done, 0', async () => {
    const tasks = stage.marathon.deploy(ORDERS);
    const table = await stage.plan();
    expect(table.code).toBe(10);
    expect(table.stdout.split('\n')[0]).toMatch(/^ACTION +APP +SERVICE OR KEY +AGENT +BECAUSE$/);
    for (const { id } of tasks)
      expect(table.stdout).toMatch(new RegExp(`^register +/shop/orders +${id} +127.0.0.1 +new$`, 'm'));
    expect(table.stdout).toMatch(/^put label +\/shop\/orders +consular\/shop-orders\/role$/m);
    expect(table.stderr).toContain('3 changes: 2 × register, 1 × put label');
    const json = await stage.plan(['-o', 'json']);
    expect(json.code).toBe(10);
    const { isSame, changes, problems } = JSON.parse(json.stdout) as PlanJson;
    expect({ isSame, problems }).toEqual({ isSame: false, problems: [] });
    expect(changes[0]).toMatchObject({
      action: 'register',
      on: tasks[0]?.id,
      because: 'new',
      content: { name: 'shop-orders', address: '127.0.0.1', port: tasks[0]?.ports[0] },
    });
    expect(changes.at(-1)).toMatchObject({ action: 'put_label', on: 'consular/shop-orders/role', content: '"web"' });
    expect(await stage.services()).toEqual([]);
    expect(await stage.labels()).toEqual({});

    const { process } = await stage.bridge();
    await stage.untilServices(tasks.map(({ id }) => id));
    await until('the label', async () => Object.keys(await stage.labels()).length === 1);
    process.signal('SIGTERM');
    expect((await process.ended).code).toBe(0);
    expect(await stage.plan()).toMatchObject({ code: 0, stdout: '', stderr: 'no change\n' });
    expect(JSON.parse((await stage.plan(['-o', 'json'])).stdout)).toEqual({ isSame: true, changes: [], problems: [] });
  });

  it('leaves what it registered in Consul when it ends, and goes on with it', async () => {
    const ids = stage.marathon.tasks().map(({ id }) => id);
    await stage.untilServices(ids);
    const { process } = await stage.bridge();
    stage.marathon.scale('/shop/orders', 4);
    await stage.untilServices(stage.marathon.tasks().map(({ id }) => id));
    process.signal('SIGINT');
    expect((await process.ended).code).toBe(0);
    expect(await stage.services()).toHaveLength(4);
  });

  it('serves health, metrics, its state and its settings without secrets on the admin port', async () => {
    const { adminUrl, process } = await stage.bridge([
      '--token',
      'very-secret',
      '--marathon-auth',
      'me:also-secret',
      '--purge',
    ]);
    const get = async (path: string) => {
      const answer = await fetch(`${adminUrl}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    await until('it is ready', async () => (await get('/readyz')).status === 200);
    expect(JSON.parse((await get('/readyz')).text)).toEqual({ ready: true, stale: false, reasons: [] });
    expect(await bridgeFacts(adminUrl)).toMatchObject({
      role: 'leading',
      apps: [{ id: '/shop/orders', state: 'kept', registered: 4 }],
      events: { stream: { isConnected: true } },
    });
    const { text: metrics } = await get('/metrics');
    expect(metrics).toMatch(/^pilotfish_marathon_leader 1$/m);
    expect(metrics).toMatch(/^pilotfish_marathon_services 4$/m);
    expect(metrics).toMatch(/^pilotfish_consul_requests_total\{api="kv",outcome="200"\} \d+$/m);
    const { text: config } = await get('/v1/config');
    expect(config).not.toContain('secret');
    expect(JSON.parse(config)).toContainEqual({ path: 'purge', value: true, origin: '--purge' });
    expect(await get('/v1/nothing')).toMatchObject({ status: 404 });
    const foreign = await fetch(`${adminUrl}/v1/log-level`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
      body: '{"level":"debug"}',
    });
    expect(foreign.status).toBe(403);
    expect(process.stderr).not.toContain('secret');
  });

  it('lets one bridge write and another stand by, which says so and takes over when the first ends', async () => {
    const [one, other] = await Promise.all([
      stage.bridge(['--registration-id', 'pair']),
      stage.bridge(['--registration-id', 'pair']),
    ]);
    const roles = async () => [(await bridgeFacts(one.adminUrl)).role, (await bridgeFacts(other.adminUrl)).role].sort();
    await expect.poll(roles, { timeout: 20_000 }).toEqual(['leading', 'standby']);
    const isOneLeading = (await bridgeFacts(one.adminUrl)).role === 'leading';
    const [leader, standby] = isOneLeading ? [one, other] : [other, one];
    const ready = (await (await fetch(`${standby.adminUrl}/readyz`)).json()) as { readonly reasons: readonly string[] };
    expect(ready.reasons.join()).toMatch(/^standby: .*\d+ leads$/);
    expect(standby.process.stderr).toContain('standing by');
    expect(await (await fetch(`${standby.adminUrl}/metrics`)).text()).toMatch(/^pilotfish_marathon_leader 0$/m);
    // In order: the lock is given back, and taken at once.
    leader.process.signal('SIGTERM');
    await leader.process.ended;
    await expect.poll(async () => (await bridgeFacts(standby.adminUrl)).role, { timeout: 5000 }).toBe('leading');
  });
});

describe('pilotfish marathon', () => {
  const run = (...args: string[]) => CliProcess.run(['marathon', ...args]);

  it('exits 4 from --plan when Consul cannot be reached, 1 when Marathon cannot', async () => {
    await using stage = await MarathonStage.start(registries[0]?.start as (typeof registries)[number]['start']);
    const [port = 0] = await freePorts(1);
    const noConsul = await run('--plan', '--marathon', stage.marathon.address, '--consul', `http://127.0.0.1:${port}`);
    expect(noConsul.code).toBe(4);
    expect(noConsul.stderr).toContain(`${port}`);
    const neither = await run('--plan', '--marathon', `http://127.0.0.1:${port}`, '--consul', `127.0.0.1:${port}`);
    expect(neither.code).toBe(4);
    const noMarathon = await run(
      '--plan',
      '--marathon',
      `http://127.0.0.1:${port}`,
      '--consul',
      stage.registry.address,
    );
    expect(noMarathon.code).toBe(1);
    expect(noMarathon.stderr).toMatch(/127\.0\.0\.1:\d+\/v2\/apps/);
  });

  it('exits 2 for wrong flags and variables, 3 for a file that cannot be read', async () => {
    expect(await run('--events', 'telepathy')).toMatchObject({ code: 2 });
    const variable = await CliProcess.run(['marathon'], { env: { PILOTFISH_MARATHON_TIMEOUT: 'soon' } });
    expect(variable.code).toBe(2);
    expect(variable.stderr).toContain("env PILOTFISH_MARATHON_TIMEOUT value 'soon' is invalid");
    expect(await run('--marathon-token-file', '/nowhere/token')).toMatchObject({ code: 3 });
  });

  it('exits 1 when a port is taken, and says which', async () => {
    await using stage = await MarathonStage.start(registries[0]?.start as (typeof registries)[number]['start']);
    const taken = new URL(stage.registry.address).port;
    const { code, stderr } = await run(
      ...stage.flags,
      '--host',
      '127.0.0.1',
      '--port',
      taken,
      '--admin-listen',
      '127.0.0.1:0',
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${taken}`);
  });

  it('hears by callbacks alone if told so, of which it is told where it said it is', async () => {
    await using stage = await MarathonStage.start(registries[0]?.start as (typeof registries)[number]['start'], {
      version: '1.1',
    });
    const flags = ['--events', 'callback', '--registration-id', 'by callback', '--advertise', 'localhost'];
    const { adminUrl } = await stage.bridge(flags);
    await until('it is subscribed', async () => (await bridgeFacts(adminUrl)).events.callback?.isSubscribed === true);
    const { callback, stream } = (await bridgeFacts(adminUrl)).events;
    expect(callback?.url).toMatch(/^http:\/\/localhost:\d+\/events\?registration=by%20callback$/);
    expect([...stage.marathon.callbacks.urls]).toEqual([callback?.url]);
    expect(stream).toBeUndefined();
    await until('it has compared', async () => (await bridgeFacts(adminUrl)).sync.lastWallMs !== undefined);
    stage.marathon.deploy(ORDERS);
    await stage.untilServices(stage.marathon.tasks().map(({ id }) => id));
    expect(stage.marathon.streams).toBe(0);
    const url = new URL(callback?.url ?? '');
    expect(await (await fetch(url.origin)).json()).toEqual([]);
    const refused = await fetch(url, { method: 'POST', body: '{"eventType":"deployment_of_cats"}' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: 'Event type deployment_of_cats not supported.' });
  });

  it('appends its log to --logfile, and to a new one after SIGHUP', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pilotfish-log-'));
    const file = join(dir, 'bridge.log');
    try {
      await using stage = await MarathonStage.start(registries[0]?.start as (typeof registries)[number]['start']);
      const { process } = await stage.bridge(['--logfile', file]);
      const has = async (path: string, text: string) => (await readFile(path, 'utf8').catch(() => '')).includes(text);
      await until('the first line', () => has(file, 'the bridge runs'));
      await rename(file, `${file}.1`);
      process.signal('SIGHUP');
      stage.marathon.deploy(ORDERS);
      await until('a line in the new file', () => has(file, '"registered"'));
      expect(process.stderr).toBe('');
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      for (const line of lines) expect(JSON.parse(line)).toHaveProperty('time');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
