import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

const APP = fileURLToPath(new URL('../../support/echo-app.ts', import.meta.url));
const PORTS = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];
const CHECK = ['--set', 'service.check={http: /health, interval: 1s}', '--set', 'service.drain.wait=2s'];

interface EchoAnswer {
  readonly instance: string;
  readonly path: string;
  readonly pilotfishUrl: string;
}

describe.each(registryKinds)('a sidecar on $name', ({ isHere, start }) => {
  describe.skipIf(!isHere)('', () => {
    const registry = useRegistry(start);

    const withApp = (name: string, id: string, env: Record<string, string> = {}) =>
      new CliProcess(
        [
          'run',
          '--consul',
          registry.address,
          '--name',
          name,
          '--id',
          id,
          '--address',
          '127.0.0.1',
          '--port',
          '0',
          ...PORTS,
          ...CHECK,
          '--',
          process.execPath,
          APP,
        ],
        { env: { INSTANCE: id, ...env } },
      );
    const outboundOnly = (...args: string[]) =>
      new CliProcess(['run', '--consul', registry.address, ...PORTS, ...args]);
    const call = async (url: string): Promise<EchoAnswer> => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as EchoAnswer;
    };

    it('leaves in order when it is told to the moment it says that it serves', async () => {
      const hasty =
        'const send = process.send; process.send = (m) => process.kill(process.pid) && send.call(process, m)';
      const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hasty)}` };
      const { code, stderr } = await CliProcess.run(['run', '--consul', registry.address, ...PORTS], { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('"msg":"stopping"') });
    });

    it('registers the app, and lets another call it by its name, path and query byte for byte', async () => {
      await using app = withApp('orders', 'orders-1');
      await using caller = outboundOnly();
      const { proxyUrl } = await caller.ready();
      const { proxyUrl: own } = await app.ready();
      const answer = await until('orders answers', () => call(`${proxyUrl}/orders/api//42?x=%zz&y`));
      expect(answer).toEqual({ instance: 'orders-1', path: '/api//42?x=%zz&y', pilotfishUrl: own });
    });

    it('spreads the calls evenly over the instances that come and leaves out those that go', async () => {
      await using caller = outboundOnly();
      await using first = withApp('fleet', 'fleet-1');
      await using second = withApp('fleet', 'fleet-2');
      const { proxyUrl } = await caller.ready();
      await Promise.all([first.ready(), second.ready()]);
      const round = async () => {
        const counts = new Map<string, number>();
        for (let index = 0; index < 20; index++) {
          const { instance } = await call(`${proxyUrl}/fleet/`);
          counts.set(instance, (counts.get(instance) ?? 0) + 1);
        }
        return Object.fromEntries(counts);
      };
      await until('both are used', async () => Object.keys(await round()).length === 2);
      expect(await round()).toEqual({ 'fleet-1': 10, 'fleet-2': 10 });
      second.signal('SIGTERM');
      expect((await second.ended).code).toBe(0);
      expect(await round()).toEqual({ 'fleet-1': 20 });
    });

    it('answers 404 for a service that the catalog does not have', async () => {
      await using caller = outboundOnly();
      const { proxyUrl } = await caller.ready();
      const answer = await fetch(`${proxyUrl}/nobody/`);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('proxy-status')).toContain('destination_not_found');
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
    });

    it('shows what it sees on the admin port', async () => {
      await using app = withApp('shown', 'shown-1');
      const { adminUrl } = await app.ready();
      const get = async (path: string) => (await fetch(`${adminUrl}${path}`)).json();
      await until(
        'it is registered',
        async () => ((await get('/v1/registration')) as { state: string }).state === 'registered',
      );
      await until('it is well', async () => ((await get('/hosts/shown')) as unknown[]).length === 1);
      expect(await get('/healthz')).toMatchObject({ status: 'alive' });
      expect(await get('/readyz')).toMatchObject({ ready: true, stale: false });
      expect(await get('/v1/upstreams')).toMatchObject([{ name: 'shown', source: 'consul' }]);
      expect(await get('/v1/explain/shown')).toMatchObject({ instances: [{ isUsed: true, reasons: [] }] });
      expect(Object.keys((await get('/v1/services')) as object)).toContain('shown');
      const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
      expect(metrics).toContain('pilotfish_upstream_endpoints{upstream="shown",state="usable"} 1');
    });

    it('leaves the catalog before it tells the app to stop, and exits with its code', async () => {
      await using app = withApp('leaving', 'leaving-1', { EXIT_CODE: '3' });
      await app.ready();
      await app.written(/others can find the app/);
      app.signal('SIGTERM');
      const { code, stdout, stderr } = await app.ended;
      expect(code).toBe(3);
      expect(stdout).toBe('the app was told to stop\n');
      expect(stderr).toContain('"msg":"deregistered"');
      const left = await fetch(`${registry.address}/v1/catalog/service/leaving`);
      expect(await left.json()).toEqual([]);
    });

    it('ends with the app when that ends by itself, and leaves nothing in the catalog', async () => {
      await using app = withApp('ending', 'ending-1');
      const { proxyUrl } = await app.ready();
      await until('it is called', () => fetch(`${proxyUrl}/ending/exit`).then((answer) => answer.ok));
      expect((await app.ended).code).toBe(7);
      const left = await fetch(`${registry.address}/v1/catalog/service/ending`);
      expect(await left.json()).toEqual([]);
    });

    it('takes a changed file over on SIGHUP, and keeps the old configuration when the new one is wrong', async () => {
      const dir = await mkdtemp(join(tmpdir(), 'pilotfish-reload-'));
      const file = join(dir, 'pilotfish.yaml');
      try {
        await writeFile(file, 'upstreams: { fixed: { endpoints: ["127.0.0.1:1"] } }');
        await using caller = outboundOnly('-c', file);
        const { adminUrl } = await caller.ready();
        const hosts = async () => (await fetch(`${adminUrl}/hosts/fixed`)).json();
        expect(await hosts()).toEqual([{ host: '127.0.0.1', port: 1 }]);
        await writeFile(file, 'upstreams: { fixed: { endpoint: ["127.0.0.1:2"] } }');
        caller.signal('SIGHUP');
        await caller.written(/the old one stays.*did you mean/);
        expect(await hosts()).toEqual([{ host: '127.0.0.1', port: 1 }]);
        await writeFile(file, 'upstreams: { fixed: { endpoints: ["127.0.0.1:2"] } }');
        caller.signal('SIGHUP');
        await caller.written(/the new configuration is in force/);
        expect(await hosts()).toEqual([{ host: '127.0.0.1', port: 2 }]);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    });
  });
});

describe('a sidecar without Consul', () => {
  it('serves at once, says 503 with Retry-After, and stays ready', async () => {
    await using caller = new CliProcess(['run', '--consul', 'http://127.0.0.1:1', ...PORTS]);
    const { proxyUrl, adminUrl } = await caller.ready();
    const answer = await fetch(`${proxyUrl}/orders/`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('proxy-status')).toContain('destination_unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  });

  it('uses the fallback of an upstream', async () => {
    await using app = new CliProcess([
      'run',
      '--consul',
      'http://127.0.0.1:1',
      '--name',
      'a',
      '--port',
      '0',
      ...PORTS,
      '--',
      process.execPath,
      APP,
    ]);
    const { adminUrl } = await app.ready();
    const { port } = (await (await fetch(`${adminUrl}/v1/registration`)).json()) as { port: number };
    await using caller = new CliProcess([
      'run',
      '--consul',
      'http://127.0.0.1:1',
      ...PORTS,
      '--set',
      `upstreams.pay.fallback=["127.0.0.1:${port}"]`,
    ]);
    const { proxyUrl } = await caller.ready();
    await until('the fallback answers', () => fetch(`${proxyUrl}/pay/`).then((answer) => answer.ok));
  });
});
