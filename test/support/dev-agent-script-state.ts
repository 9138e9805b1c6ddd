import { type Generator, get, KEYS, put, type ScriptCall } from './dev-agent-script-call.ts';

export const kv: Generator = (chance) => {
  const key = chance.pick(KEYS);
  return [
    chance.pick<ScriptCall>([
      {
        method: 'PUT',
        path: `/v1/kv/${key}`,
        body: chance.pick([Buffer.from([0, 255, 10]), Buffer.from('v'), Buffer.from('w')]),
      },
      put(
        `/v1/kv/${key}?flags=${chance.pick(['0', '42', '18446744073709551615', '18446744073709551616', 'x', '-1'])}`,
        'v',
      ),
      put(`/v1/kv/${key}`),
      put(`/v1/kv/${key}?cas=0`, 'only new'),
      put(`/v1/kv/${key}?cas=3`, 'never'),
      put(`/v1/kv/${key}?cas=x`, 'bad'),
      put(`/v1/kv/${key}?cas=0&acquire=x`, 'bad'),
      put('/v1/kv/', 'x'),
      get(`/v1/kv/${key}`),
      get(`/v1/kv/${key}?raw`),
      get('/v1/kv/app?recurse'),
      get('/v1/kv/app/?recurse'),
      get('/v1/kv/zip?recurse'),
      get('/v1/kv/?recurse'),
      get('/v1/kv/?keys'),
      get('/v1/kv/un%01printable'),
      get('/v1/kv/no-break%C2%A0space'),
      get('/v1/kv/app?keys&separator=/'),
      get('/v1/kv/app/?keys&separator=/'),
      get('/v1/kv/zip?keys'),
      get('/v1/kv/'),
      get(`/v1/kv/${key}?ns=x`),
      get(`/v1/kv/${key}?dc=x`),
      { method: 'DELETE', path: `/v1/kv/${key}` },
      { method: 'DELETE', path: `/v1/kv/${key}?cas=4` },
      { method: 'DELETE', path: '/v1/kv/app/?recurse' },
      { method: 'DELETE', path: '/v1/kv/app/?recurse&cas=1' },
      { method: 'DELETE', path: '/v1/kv/' },
      { method: 'POST', path: `/v1/kv/${key}` },
      { method: 'OPTIONS', path: `/v1/kv/${key}` },
    ]),
  ];
};

export const kvCas: Generator = (chance) => {
  const key = chance.pick(KEYS);
  return [
    { ...get(`/v1/kv/${key}`), capture: 'version' },
    chance.pick([
      put(`/v1/kv/${key}?cas={version}`, 'swapped'),
      { method: 'DELETE', path: `/v1/kv/${key}?cas={version}` },
    ]),
    get(`/v1/kv/${key}`),
  ];
};

export const sessions: Generator = (chance) => {
  const name = chance.pick(['s1', 's2']);
  return [
    chance.pick<ScriptCall>([
      {
        ...put('/v1/session/create', {
          Name: name,
          LockDelay: chance.pick(['0s', 0]),
          TTL: chance.pick([undefined, '1h']),
          Behavior: chance.pick([undefined, 'release', 'delete']),
        }),
        capture: name,
      },
      put(
        '/v1/session/create',
        chance.pick<unknown>([
          { TTL: '5s' },
          { TTL: 'x' },
          { TTL: '25h' },
          { Behavior: 'x' },
          { Checks: ['none'] },
          { Node: 'none' },
          '[]',
          { Name: 1 },
          '{bad',
        ]),
      ),
      put(`/v1/session/destroy/{${name}}`),
      put(`/v1/session/renew/{${name}}`),
      get(`/v1/session/info/{${name}}`),
      get('/v1/session/info/x'),
      get('/v1/session/list'),
      get('/v1/session/node/node-1'),
      get('/v1/session/node/none'),
      put(`/v1/kv/${chance.pick(KEYS)}?acquire={${name}}`, 'held'),
      put(`/v1/kv/${chance.pick(KEYS)}?release={${name}}`, 'free'),
      put('/v1/kv/single?acquire=adf4238a-882b-9ddc-4a9d-5b6758e4159e', 'v'),
    ]),
  ];
};

export const transactions: Generator = (chance) => {
  const key = chance.pick(['app/a', 'app/b', 'single', 'fresh']);
  const KV = (Verb: string, more: object = {}): object => ({ KV: { Verb, Key: key, ...more } });
  const bodies: readonly unknown[] = [
    [KV('set', { Value: 'aGk=', Flags: 9 }), KV('get')],
    [KV('set', { Value: 'aGk=' }), KV('get'), KV('delete'), KV('check-not-exists')],
    [KV('get'), KV('get-tree')],
    [KV('set', { Value: 'eA==' }), KV('check-index', { Index: 1 })],
    [KV('cas', { Value: 'eA==', Index: 0 })],
    [KV('cas', { Value: 'eA==', Index: 2 }), KV('delete-cas', { Index: 2 })],
    [KV('delete-tree')],
    [KV('check-session', { Session: 'x' })],
    [KV('lock', { Session: '{s1}', Value: 'eA==' }), KV('unlock', { Session: '{s1}' })],
    [KV('unlock', { Session: '{s1}' })],
    [KV('zz')],
    [{}],
    [],
    '{}',
    'x',
    [KV('set', { Value: '!!' })],
    [
      { Node: { Verb: 'get', Node: { Node: 'node-1' } } },
      { Check: { Verb: 'get', Check: { Node: 'node-1', CheckID: 'serfHealth' } } },
    ],
    [
      { Node: { Verb: 'set', Node: { Node: 'txn-node', Address: '9.9.9.9' } } },
      { Service: { Verb: 'set', Node: 'txn-node', Service: { Service: 'web', Port: 3, Tags: ['t'] } } },
    ],
    [
      { Service: { Verb: 'get', Node: 'txn-node', Service: { ID: 'web' } } },
      { Node: { Verb: 'delete', Node: { Node: 'txn-node' } } },
    ],
    [{ Service: { Verb: 'zz', Node: 'node-1', Service: { ID: 'web' } } }, KV('set', { Value: 'eA==' })],
    Array.from({ length: 65 }, () => KV('get')),
  ];
  return [put('/v1/txn', chance.pick(bodies))];
};

export const events: Generator = (chance) => [
  chance.pick([
    put(`/v1/event/fire/${chance.pick(['deploy', 'other', ''])}`, 'payload'),
    put('/v1/event/fire/deploy?node=%5B'),
    get('/v1/event/list?name=nothing'),
  ]),
];

export const config: Generator = (chance) => [
  chance.pick([
    put('/v1/config', {
      kind: 'service-resolver',
      name: 'web',
      connect_timeout: '7s',
      subsets: { v1: { filter: 'Service.Meta.version == 1' } },
    }),
    put('/v1/config', { Kind: 'service-resolver', Name: 'api', Redirect: { Service: 'web' } }),
    put('/v1/config', { Kind: 'service-resolver', Name: 'db', DefaultSubset: 'nope' }),
    put('/v1/config', { Kind: 'service-resolver', Name: 'x', Bogus: 1 }),
    put('/v1/config', { Kind: 'service-splitter', Name: 'web', Splits: [{ Weight: 90 }] }),
    put('/v1/config', { Kind: 'zz', Name: 'x' }),
    put('/v1/config', { Name: 'x' }),
    put('/v1/config', '{bad'),
    put('/v1/config?cas=3', { Kind: 'service-resolver', Name: 'never' }),
    get('/v1/config/service-resolver'),
    get('/v1/config/service-resolver/web'),
    get('/v1/config/service-router/web'),
    get('/v1/config/zz'),
    { method: 'DELETE', path: `/v1/config/service-resolver/${chance.pick(['web', 'api', 'none'])}` },
    get('/v1/discovery-chain/web'),
    get('/v1/agent/connect/ca/roots'),
  ]),
];

export const queries: Generator = (chance) => {
  const name = chance.pick(['q1', 'q2']);
  return [
    chance.pick<ScriptCall>([
      {
        ...put('/v1/query', { Name: name, Service: { Service: 'web', OnlyPassing: chance.pick([true, false]) } }),
        method: 'POST',
        capture: name,
      },
      { ...put('/v1/query', { Service: { Service: 'web' } }), method: 'POST' },
      { ...put('/v1/query', { Name: 'q3', Foo: 1 }), method: 'POST' },
      get(`/v1/query/{${name}}`),
      get('/v1/query/x'),
      get(`/v1/query/${name}/execute`),
      get(`/v1/query/${name}/explain`),
      get('/v1/query/none/execute'),
      { method: 'DELETE', path: `/v1/query/{${name}}` },
    ]),
  ];
};

export const methods: Generator = (chance) => [
  {
    method: chance.pick(['POST', 'DELETE', 'PATCH', 'OPTIONS']),
    path: chance.pick([
      '/v1/agent/services',
      '/v1/agent/service/register',
      '/v1/catalog/register',
      '/v1/health/service/web',
      '/v1/txn',
      '/v1/session/create',
      '/v1/agent/check/pass/x',
    ]),
  },
];
