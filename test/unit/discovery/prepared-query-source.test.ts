import { describe, expect, it } from 'vitest';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import type { WireReply } from '../../../src/consul/wire.ts';
import { IteratedSource } from '../../../src/discovery/iterated-source.ts';
import { PreparedQuerySource } from '../../../src/discovery/prepared-query-source.ts';
import { indexed, reply, scriptedClient } from '../../support/consul-transport.ts';
import { idsOf } from '../../support/discovery-endpoint.ts';
import { consume } from '../../support/discovery-source.ts';
import { settle } from '../../support/fake-clock.ts';

const POLL_EVERY_MS = 10_000;

const node = (id: string, { datacenter = 'dc1', tags = [] as readonly string[] } = {}) => ({
  Node: { Node: 'node-1', Address: '10.0.0.1', Datacenter: datacenter },
  Service: { ID: id, Service: 'web', Address: '', Port: 8000, Tags: tags },
  Checks: [],
});

/** What Consul answers: always at index 1. */
const result = (...nodes: readonly object[]) => indexed(1, { Service: 'web', Nodes: nodes, Datacenter: 'dc1' });

async function arrange(query: object = {}) {
  let next: WireReply | Error = result(node('web-1'));
  const { client, transport, clock } = scriptedClient(() => next);
  const source = new PreparedQuerySource({ consul: client });
  const seen = consume(new IteratedSource(source, clock), { service: 'near', preparedQuery: 'web near', ...query });
  await settle();
  const answer = async (reply: WireReply | Error) => {
    next = reply;
    await clock.advance(POLL_EVERY_MS);
    await settle();
  };
  return { transport, clock, seen, answer };
}

describe('a prepared query', () => {
  it('is run by its name instead of asking for a service, and past the agent’s cache', async () => {
    const { transport, seen } = await arrange();
    expect(transport.requests.map(({ path }) => path)).toEqual(['/v1/query/web%20near/execute']);
    expect(transport.queries[0]?.has('cached')).toBe(false);
    expect(seen.latest).toMatchObject({ origin: 'consul', endpoints: [{ id: 'node-1/web-1', host: '10.0.0.1' }] });
    await seen.stop();
  });

  it('is run again every 10 s, never waited for, and yields only real changes', async () => {
    const { transport, clock, seen, answer } = await arrange();
    await clock.advance(POLL_EVERY_MS - 1);
    expect(transport.requests).toHaveLength(1);
    await clock.advance(1);
    await settle();
    expect(transport.requests).toHaveLength(2);
    expect(transport.queries.some((query) => query.has('index'))).toBe(false);
    expect(seen).toMatchObject({ confirmed: 2, sets: [{}] });
    await answer(result(node('web-1'), node('web-2')));
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/web-1', 'node-1/web-2']);
    await answer(result());
    expect(seen.latest).toEqual({ origin: 'consul', endpoints: [] });
    await seen.stop();
  });

  it('gives instances of another datacenter when it fails over', async () => {
    const { seen, answer } = await arrange();
    await answer(result(node('web-9', { datacenter: 'dc2' })));
    expect(seen.latest?.endpoints).toMatchObject([{ id: 'node-1/web-9', datacenter: 'dc2' }]);
    await seen.stop();
  });

  it.each([
    ['Consul is away', new ConsulError({ kind: 'Unreachable', method: 'GET', path: '/', problem: 'down' })],
    ['Consul fails', reply(500, 'No cluster leader')],
    ['the query was deleted', reply(404, 'Query not found')],
  ])('keeps its last good view while %s, tells of it, and recovers', async (_why, failure) => {
    const { seen, answer } = await arrange();
    await answer(failure);
    expect(seen.sets).toHaveLength(1);
    expect(seen.failures.length).toBeGreaterThan(0);
    await answer(result(node('web-2')));
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/web-2']);
    await seen.stop();
  });

  it('is narrowed by the tag and run in the datacenter that a caller names', async () => {
    const { transport, seen, answer } = await arrange({ tag: 'V2', datacenter: 'dc2' });
    await answer(result(node('web-1'), node('web-2', { tags: ['v2'] })));
    expect(transport.queries[0]?.get('dc')).toBe('dc2');
    expect(idsOf(seen.latest?.endpoints ?? [])).toEqual(['node-1/web-2']);
    await seen.stop();
  });

  it('is run no more once nobody watches', async () => {
    const { transport, clock, seen } = await arrange();
    await seen.stop();
    await clock.advance(10 * POLL_EVERY_MS);
    expect(transport.requests).toHaveLength(1);
  });
});
