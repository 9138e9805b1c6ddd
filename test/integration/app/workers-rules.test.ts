import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { askAnew, callers, NamedOrigin, WorkersSidecar } from '../../support/app-workers.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { registryKinds, type TestRegistry } from '../../support/registries.ts';
import { until } from '../../support/until.ts';

const SUBSETS = { v1: { Filter: 'Service.Meta.version == v1' }, v2: { Filter: 'Service.Meta.version == v2' } };

/** Of the admin API's list of upstreams. */
interface Row {
  readonly name: string;
  readonly totals: { readonly responded: number };
}

let registry: TestRegistry;
let consul: ConsulClient;
let open: AsyncDisposableStack;

const begin = async (start: () => Promise<TestRegistry>) => {
  open = new AsyncDisposableStack();
  registry = open.use(await start());
  consul = new ConsulClient({ address: registry.address });
  open.defer(() => consul.close());
};
afterEach(() => open.disposeAsync());

const instance = async (service: string, version: string): Promise<void> => {
  const { port } = open.use(await NamedOrigin.start(`${service} ${version}`));
  const id = `${service}-${version}`;
  await consul.agent.register({ id, name: service, address: '127.0.0.1', port, meta: { version } });
};
const rule = (kind: string, name: string, rest: object) => consul.config.put({ Kind: kind, Name: name, ...rest });
const sidecar = (...args: readonly string[]) =>
  open.use(new WorkersSidecar('--consul', registry.address, '--set', 'telemetry.logs.access=off', ...args));

/** How many of so many requests each instance answered, over kept connections that both workers have some of. */
async function share(url: string, count: number): Promise<Readonly<Record<string, number>>> {
  const answered: Record<string, number> = {};
  let left = count;
  const run = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (left-- > 0) {
      const who = await askAnew(url, agent);
      answered[who] = (answered[who] ?? 0) + 1;
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: 8 }, run));
  return answered;
}

describe.skipIf(consulBin === undefined)('two workers under the traffic rules of a Consul with Connect', () => {
  const split = (v1: number, v2: number) =>
    rule('service-splitter', 'web', {
      Splits: [
        { Weight: v1, ServiceSubset: 'v1' },
        { Weight: v2, ServiceSubset: 'v2' },
      ],
    });

  beforeEach(async () => {
    await begin(() => RealConsul.start({ config: { connect: { enabled: true } } }));
    await rule('service-defaults', 'web', { Protocol: 'http' });
    await rule('service-resolver', 'web', { Subsets: SUBSETS });
    await instance('web', 'v1');
    await instance('web', 'v2');
  });

  it('keep to a 90/10 splitter from the first request on, and to a change of it, without a failed request', async () => {
    await split(90, 10);
    const { proxyUrl, adminUrl } = await sidecar().process.ready();
    const first = await share(`${proxyUrl}/web/`, 4000);
    expect(Object.keys(first).toSorted()).toEqual(['200 web v1', '200 web v2']);
    expect(Math.abs((first['200 web v1'] ?? 0) / 4000 - 0.9)).toBeLessThan(0.01);
    const rows = (await (await fetch(`${adminUrl}/v1/upstreams`)).json()) as readonly Row[];
    const shown = rows.filter(({ name }) => name.startsWith('web#')).map(({ totals }) => totals.responded);
    expect(shown.toSorted(), 'the primary shows each target').toEqual(Object.values(first).toSorted());

    const stop = callers(`${proxyUrl}/web/`, 4);
    await split(0, 100);
    await until('all go to v2', async () => Object.keys(await share(`${proxyUrl}/web/`, 40)).join() === '200 web v2');
    await consul.config.delete('service-splitter', 'web');
    await until('both get some', async () => Object.keys(await share(`${proxyUrl}/web/`, 40)).length === 2);
    expect((await stop()).flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('keep to them in a worker that replaces another', async () => {
    await split(0, 100);
    const owned = sidecar();
    const { proxyUrl } = await owned.process.ready();
    expect(await share(`${proxyUrl}/web/`, 20)).toEqual({ '200 web v2': 20 });
    for (const worker of [1, 2]) {
      const pid = owned.pid(worker);
      process.kill(pid, 'SIGKILL');
      await until('it is replaced', async () => owned.pid(worker) !== pid);
    }
    expect(await share(`${proxyUrl}/web/`, 20)).toEqual({ '200 web v2': 20 });
  });

  it('follow none where they are switched off', async () => {
    await split(0, 100);
    const { proxyUrl } = await sidecar('--set', 'consul.trafficRules=false').process.ready();
    expect(Object.keys(await share(`${proxyUrl}/web/`, 40)).toSorted()).toEqual(['200 web v1', '200 web v2']);
  });
});

for (const kind of registryKinds) {
  describe.skipIf(!kind.isHere)(`two workers on ${kind.name}`, () => {
    beforeEach(() => begin(() => kind.start()));

    it('follow resolvers: a default subset and its change, and a redirect', async () => {
      await instance('web', 'v1');
      await instance('web', 'v2');
      await rule('service-resolver', 'web', { DefaultSubset: 'v2', Subsets: SUBSETS });
      await rule('service-resolver', 'shop', { Redirect: { Service: 'web', ServiceSubset: 'v1' } });
      const { proxyUrl } = await sidecar().process.ready();
      expect(await share(`${proxyUrl}/web/`, 20)).toEqual({ '200 web v2': 20 });
      expect(await share(`${proxyUrl}/shop/`, 20)).toEqual({ '200 web v1': 20 });
      await rule('service-resolver', 'web', { DefaultSubset: 'v1', Subsets: SUBSETS });
      await until('v1 is the default', async () => (await share(`${proxyUrl}/web/`, 20))['200 web v1'] === 20);
    });

    it('follow a prepared query', async () => {
      await instance('web', 'v1');
      const body = JSON.stringify({ Name: 'near', Service: { Service: 'web' } });
      await fetch(`${registry.address}/v1/query`, { method: 'POST', body });
      const { proxyUrl } = await sidecar('--set', 'upstreams.search={preparedQuery: near}').process.ready();
      expect(await share(`${proxyUrl}/search/`, 20)).toEqual({ '200 web v1': 20 });
    });
  });
}
