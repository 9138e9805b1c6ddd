import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsulClient, LoadBalancer, watch } from '../../../src/index.ts';
import { registryKinds } from '../../support/registries.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);

let services = 0;
const newService = () => `service-${++services}`;

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`on ${kind.name}`, () => {
    const registry = useRegistry(kind.start);
    let consul: ConsulClient;
    const servers: Server[] = [];

    beforeAll(() => {
      consul = registry.consul;
    });

    afterAll(() => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    });

    async function instances(service: string, count: number): Promise<readonly string[]> {
      for (let port = 8001; port <= 8000 + count; port++) {
        await consul.agent.register({ name: service, id: `${service}-${port}`, address: '127.0.0.1', port });
      }
      return Array.from({ length: count }, (_, index) => `127.0.0.1:${8001 + index}`);
    }

    it('a balancer picks every instance in turn, and counts what is under way until it is given back', async () => {
      const service = newService();
      const addresses = await instances(service, 3);
      await using orders = new LoadBalancer({ consul, service });
      const picked = [await orders.pick(), await orders.pick(), await orders.pick()];
      expect(picked.map(({ address }) => address).sort()).toEqual(addresses);
      expect(orders.inFlight).toBe(3);
      for (const each of picked) each.settle({ kind: 'responded', status: 200 });
      for (const each of picked) each.settle({ kind: 'responded', status: 200 });
      expect(orders.inFlight).toBe(0);
      {
        using instance = await orders.pick();
        expect(instance.origin).toBe(`http://${instance.address}`);
        expect(orders.inFlight).toBe(1);
      }
      expect(orders.inFlight).toBe(0);
    });

    it('by least connections the idle instance is picked, and no index overruns when the list shrinks', async () => {
      const service = newService();
      await instances(service, 2);
      await using orders = new LoadBalancer({ consul, service, policy: 'least-connections' });
      const busy = await orders.pick();
      for (let round = 0; round < 5; round++) {
        using idle = await orders.pick();
        expect(idle.address).not.toBe(busy.address);
      }
      await consul.agent.deregister(`${service}-8002`);
      await until('one is left', async () => orders.endpoints.length === 1);
      using last = await orders.pick();
      expect(last.endpoint.port).toBe(8001);
      busy.settle({ kind: 'cancelled' });
    });

    it('a service that is not there is an error that says so, and so are an unhealthy one and a full one', async () => {
      await using nobody = new LoadBalancer({ consul, service: newService() });
      await expect(nobody.pick()).rejects.toMatchObject({ code: 'service_not_found' });
      const service = newService();
      await consul.agent.register({
        name: service,
        port: 8001,
        address: '127.0.0.1',
        checks: [{ probe: { kind: 'ttl', ttlMs: 60_000 } }],
      });
      await using unwell = new LoadBalancer({ consul, service, panicBelow: 0 });
      await expect(unwell.pick()).rejects.toMatchObject({ code: 'no_instance' });
      const other = newService();
      await instances(other, 1);
      await using full = new LoadBalancer({ consul, service: other, maxRequests: 1 });
      using _ = await full.pick();
      await expect(full.pick()).rejects.toMatchObject({ code: 'limit_reached' });
    });

    it('fetch gives the load back when the body has ended, was cancelled, or never came', async () => {
      const service = newService();
      const server = createServer((request, response) => {
        if (request.url === '/broken') {
          response.socket?.destroy();
          return;
        }
        response.writeHead(200, { 'x-path': request.url ?? '' });
        response.write('first,');
        if (request.url === '/endless') return;
        response.end('last');
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      await consul.agent.register({ name: service, port, address: '127.0.0.1' });
      await using orders = new LoadBalancer({ consul, service });
      const answer = await orders.fetch('/api/42?x=1');
      expect([answer.status, answer.headers.get('x-path'), orders.inFlight]).toEqual([200, '/api/42?x=1', 1]);
      expect(await answer.text()).toBe('first,last');
      expect(orders.inFlight).toBe(0);
      const endless = await orders.fetch('/endless');
      await endless.body?.cancel();
      expect(orders.inFlight).toBe(0);
      await expect(orders.fetch('/broken')).rejects.toThrow();
      expect(orders.inFlight).toBe(0);
      await (await orders.fetch('/', { method: 'HEAD' })).text();
      expect(orders.inFlight).toBe(0);
    });

    it('a watch sees instances come and go, and changes of port, tags and health', async () => {
      const service = newService();
      const base = { name: service, id: `${service}-1`, address: '127.0.0.1' };
      const ttl = {
        checks: [{ id: `${service}-ttl`, probe: { kind: 'ttl', ttlMs: 600_000 }, status: 'passing' }],
      } as const;
      const seen: string[] = [];
      const acts = [
        () => consul.agent.register({ ...base, port: 8001, ...ttl }),
        () => consul.agent.register({ ...base, port: 8002, ...ttl }),
        () => consul.agent.register({ ...base, port: 8002, tags: ['v2'], ...ttl }),
        () => consul.agent.checks.fail(`${service}-ttl`),
        () => consul.agent.deregister(base.id),
      ];
      for await (const { endpoints, added, removed, changed } of watch(consul, service)) {
        const [one] = endpoints;
        const what =
          added.length > 0 ? 'added' : removed.length > 0 ? 'removed' : changed.length > 0 ? 'changed' : 'nothing';
        seen.push(one === undefined ? what : `${what} ${one.port} ${one.tags} ${one.health}`);
        const act = acts.shift();
        if (act === undefined) break;
        await act();
      }
      expect(seen[0]).toBe('nothing');
      expect(seen.at(-1)).toBe('removed');
      expect(seen).toContain('changed 8002 v2 critical');
      expect(seen.some((each) => each.startsWith('added 8001'))).toBe(true);
    });
  });
}

it('a balancer whose client was closed does not keep the process alive', async () => {
  const program = `
    import { ConsulClient, LoadBalancer } from ${JSON.stringify(new URL('../../../src/index.ts', import.meta.url).href)};
    const consul = new ConsulClient({ address: 'http://127.0.0.1:1' });
    await new LoadBalancer({ consul, service: 'orders' }).pick().catch((error) => console.log(error.code));
    await consul.close();
  `;
  const options = { timeout: 20_000 };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], options);
  expect(stdout).toBe('no_instance\n');
});

it('without Consul a balancer uses the fallback, and says that there is none otherwise', async () => {
  await using consul = new ConsulClient({ address: 'http://127.0.0.1:1' });
  await using orders = new LoadBalancer({ consul, service: 'orders', fallback: ['10.0.0.9:8080'] });
  using instance = await orders.pick();
  expect(instance.address).toBe('10.0.0.9:8080');
  await using other = new LoadBalancer({ consul, service: 'other' });
  await expect(other.pick()).rejects.toMatchObject({ code: 'no_instance' });
  await expect(other.pick({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
