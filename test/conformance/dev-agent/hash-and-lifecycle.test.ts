import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { RawClient } from '../../support/dev-agent-call.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

interface Registry extends AsyncDisposable {
  readonly address: string;
}

const registries: readonly (readonly [name: string, start: () => Promise<Registry>, isHere: boolean])[] = [
  ['embedded registry', () => startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' }), true],
  ['real agent', () => RealConsul.start(), consulBin !== undefined],
];

describe.each(registries.filter(([, , isHere]) => isHere))('one service of an agent, on the %s', (_name, start) => {
  it('blocks on its hash until it is another, or the service is gone', async () => {
    await using registry = await start();
    using client = new RawClient(registry.address);
    const register = (Port: number) =>
      client.send({ method: 'PUT', path: '/v1/agent/service/register', body: JSON.stringify({ Name: 'web', Port }) });
    const read = (query: string) => client.send({ method: 'GET', path: `/v1/agent/service/web${query}` });
    await register(80);
    const first = await read('');
    const hash = first.headers.get('x-consul-contenthash') ?? '';
    expect((JSON.parse(first.body.toString()) as { ContentHash: string }).ContentHash).toBe(hash);
    expect((await read('?hash=another&wait=5m')).headers.get('x-consul-contenthash')).toBe(hash);
    expect((await read(`?hash=${hash}&wait=20ms`)).headers.get('x-consul-contenthash')).toBe(hash);

    const changed = read(`?hash=${hash}&wait=5m`);
    await register(80);
    await register(81);
    const second = (await changed).headers.get('x-consul-contenthash') ?? '';
    expect(second).not.toBe(hash);

    const gone = read(`?hash=${second}&wait=5m`);
    await client.send({ method: 'PUT', path: '/v1/agent/service/deregister/web' });
    expect(await gone).toMatchObject({ status: 404 });
  });

  it('comes back into the catalog with the next change, when a client took it out there', async () => {
    await using registry = await start();
    using client = new RawClient(registry.address);
    const put = (path: string, body: object) => client.send({ method: 'PUT', path, body: JSON.stringify(body) });
    await put('/v1/agent/service/register', { Name: 'web', Check: { TTL: '1h' } });
    await put('/v1/catalog/deregister', { Node: 'node-1', ServiceID: 'web' });
    const read = async (): Promise<unknown[]> =>
      JSON.parse((await client.send({ method: 'GET', path: '/v1/health/service/web' })).body.toString());
    expect(await read()).toEqual([]);
    await put('/v1/agent/check/update/service:web', { Status: 'passing' });
    expect(await read()).toHaveLength(1);
  });
});

describe('the embedded registry', () => {
  it('answers open polls with what there is when it closes', async () => {
    const agent = await startDevAgent({ listen: '127.0.0.1:0' });
    using client = new RawClient(agent.address);
    const { headers } = await client.send({ method: 'GET', path: '/v1/catalog/services' });
    const index = headers.get('x-consul-index');
    const poll = client.send({ method: 'GET', path: `/v1/catalog/services?index=${index}&wait=5m` });
    await client.send({ method: 'GET', path: '/v1/status/leader' });
    await agent.close();
    expect((await poll).headers.get('x-consul-index')).toBe(index);
  });

  it('says which address it cannot have', async () => {
    await using first = await startDevAgent({ listen: '127.0.0.1:0' });
    const taken = first.address.replace('http://', '');
    await expect(startDevAgent({ listen: taken })).rejects.toMatchObject({
      code: 'registry_listen_failed',
      message: expect.stringContaining(`cannot listen on ${taken}`),
    });
  });
});
