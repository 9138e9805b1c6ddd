import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import type { Call } from '../../support/dev-agent-call.ts';
import { Watched } from '../../support/dev-agent-watched.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

const put = (path: string, body?: object): Call => ({
  method: 'PUT',
  path,
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

const register = (ID: string, Name: string, more: object = {}): Call =>
  put('/v1/agent/service/register', { ID, Name, Port: 80, Tags: ['v1'], Check: { TTL: '1h' }, ...more });

/** What is watched all the time. */
const watches: readonly string[] = [
  '/v1/health/service/web',
  '/v1/health/service/api',
  '/v1/health/service/web?passing',
  '/v1/catalog/service/web',
  '/v1/catalog/services',
  '/v1/catalog/nodes',
  '/v1/health/state/any',
  '/v1/health/node/node-1',
  '/v1/health/checks/web',
  '/v1/kv/app/a',
  '/v1/kv/app/?recurse',
  '/v1/kv/app/?keys',
  '/v1/kv/never',
  '/v1/session/list',
];

/** One change each, in this order. */
const changes: readonly (readonly [what: string, call: Call])[] = [
  ['a first instance', register('web-1', 'web')],
  ['an instance of another service', register('api-1', 'api')],
  ['the same registration again', register('web-1', 'web')],
  ['a check that passes', put('/v1/agent/check/pass/service:web-1')],
  ['the same status again', put('/v1/agent/check/pass/service:web-1')],
  ['output alone', put('/v1/agent/check/pass/service:web-1?note=still%20fine')],
  ['a check of another service', put('/v1/agent/check/pass/service:api-1')],
  ['a second instance', register('web-2', 'web')],
  ['a tag', register('web-2', 'web', { Tags: ['v2'] })],
  ['a weight', register('web-2', 'web', { Tags: ['v2'], Weights: { Passing: 5, Warning: 1 } })],
  ['maintenance of one instance', put('/v1/agent/service/maintenance/web-2?enable=true')],
  ['maintenance of the node', put('/v1/agent/maintenance?enable=true')],
  ['the end of maintenance of the node', put('/v1/agent/maintenance?enable=false')],
  ['an instance gone', put('/v1/agent/service/deregister/web-2')],
  ['an unknown instance gone', put('/v1/agent/service/deregister/web-9')],
  ['the last instance of another service gone', put('/v1/agent/service/deregister/api-1')],
  ['a new key', put('/v1/kv/app/a', { v: 1 })],
  ['the same value', put('/v1/kv/app/a', { v: 1 })],
  ['another value', put('/v1/kv/app/a', { v: 2 })],
  ['another key under the prefix', put('/v1/kv/app/b', { v: 2 })],
  ['a key beside the prefix', put('/v1/kv/app-2/b', { v: 2 })],
  ['a deleted key', { method: 'DELETE', path: '/v1/kv/app/b' }],
  ['a session', put('/v1/session/create')],
  ['a foreign node', put('/v1/catalog/register', { Node: 'ext', Address: '1.2.3.4' })],
  ['a transaction', put('/v1/txn', [{ KV: { Verb: 'set', Key: 'app/c', Value: 'eA==' } }])],
  ['the last instance gone', put('/v1/agent/service/deregister/web-1')],
];

/**
 * A poll of something that is not there is woken by whatever lies next to it in a real agent's radix tree. We wake it
 * when it may matter: so these may wake there and not here.
 */
const absentAtFirst: ReadonlySet<string> = new Set([
  '/v1/health/service/web',
  '/v1/health/service/api',
  '/v1/health/service/web?passing',
  '/v1/catalog/service/web',
  '/v1/health/checks/web',
  '/v1/kv/never',
  '/v1/kv/app/a',
  '/v1/kv/app/?recurse',
  '/v1/kv/app/?keys',
]);

describe.skipIf(consulBin === undefined)('blocked queries on the embedded registry and on a real agent', () => {
  it('wake on the same changes, and only on those', { timeout: 120_000 }, async () => {
    await using consul = await RealConsul.start();
    await using agent = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
    await using real = await Watched.start(consul.address, watches);
    await using embedded = await Watched.start(agent.address, watches);
    const differences: unknown[] = [];
    for (const [what, call] of changes) {
      const [expected, actual] = await Promise.all([real.change(call), embedded.change(call)]);
      const missing = [...expected.woken].filter(
        (path) => !actual.woken.has(path) && !(absentAtFirst.has(path) && expected.absent.has(path)),
      );
      const needless = [...actual.woken].filter((path) => !expected.woken.has(path));
      if (missing.length + needless.length > 0) differences.push({ what, missing, needless });
    }
    expect(differences).toEqual([]);
  });
});
