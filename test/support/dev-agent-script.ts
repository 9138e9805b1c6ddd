import { type Random, seededRandom } from '../../src/runtime/random.ts';
import type { Call } from './dev-agent-call.ts';

/** A call of a script; `capture` keeps the id or index it gives under that name. */
export type ScriptCall = Call & { readonly capture?: string };

type Generator = (chance: Chance) => readonly ScriptCall[];

/** Picks for scripts. */
class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  maybe<T>(share: number, item: T): T | undefined {
    return this.#random() < share ? item : undefined;
  }
}

const IDS = ['web-1', 'web-2', 'api-1', 'Api-2', 'db'];
const NAMES = ['web', 'api', 'API', 'db'];
const KEYS = ['app/a', 'app/b', 'app-2/x', 'app/deep/c', 'single', '%C3%BCn%C3%AF/%D0%BA', 'with%20space', 'q%3Fx'];
const STATUSES = ['passing', 'warning', 'critical'];

const put = (path: string, body?: unknown): ScriptCall => ({
  method: 'PUT',
  path,
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
});
const get = (path: string): ScriptCall => ({ method: 'GET', path });

/**
 * Ids keep their service's name here (a change of name has a case of its own), and lists and maps are never both absent
 * and empty: Consul takes the two for different when it decides whether a registration is identical, we do not.
 */
const register: Generator = (chance) => {
  const id = chance.pick([...IDS, undefined]);
  const name = id === undefined ? chance.pick(['api', 'db']) : (id.split('-')[0] ?? id);
  return [
    put(`/v1/agent/service/register${chance.maybe(0.2, '?replace-existing-checks') ?? ''}`, {
      [chance.pick(['Name', 'name', 'NAME'])]: name,
      ID: id,
      Port: chance.pick([0, 80, 8080, 70000]),
      Address: chance.pick([undefined, '10.0.0.1', 'host.example', '::1']),
      Tags: chance.pick([[], ['v1'], ['V1', 'prod']]),
      Meta: chance.pick([undefined, { version: '1' }, { version: '2', zone: 'a' }]),
      Weights: chance.pick([undefined, { Passing: 10, Warning: 1 }, { Passing: 3, Warning: 0 }]),
      Check: chance.pick([
        undefined,
        { TTL: '1h' },
        { TTL: '1h', Status: 'passing' },
        { TTL: '1h', Name: 'named', Notes: 'n' },
      ]),
      Checks: chance.maybe(0.2, [
        { TTL: '2h', CheckID: `own-${chance.pick(IDS)}` },
        { TTL: '3h', Status: 'warning' },
      ]),
      EnableTagOverride: chance.maybe(0.2, true),
    }),
  ];
};

const badRegister: Generator = (chance) => [
  put(
    '/v1/agent/service/register',
    chance.pick<unknown>([
      '',
      '{bad',
      '[]',
      '"x"',
      '{"Name":"web"',
      '{"Name":"web",}',
      '{"Name":"we\nb"}',
      '{"Name":tru}',
      '{"Name":01}',
      {},
      { Name: 3 },
      { Name: 'web', Port: 'x' },
      { Name: 'web', Port: 1.5 },
      { Name: 'web', Bogus: 1 },
      { Name: 'web', H2PING: 'x' },
      { Name: 'web', Tags: 'x' },
      { Name: 'web', Tags: [1] },
      { Name: 'web', Meta: { 'a b': '1' } },
      { Name: 'web', Meta: { 'consul-x': '1' } },
      { Name: 'web', Meta: { a: 1 } },
      { Name: 'web', Meta: { a: 'x'.repeat(513) } },
      { Name: 'web', Meta: { ['k'.repeat(129)]: 'x' } },
      { Name: 'web', Meta: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, 'v'])) },
      { Name: 'web', Address: '0.0.0.0' },
      { Name: 'web', Address: '::' },
      { Name: 'web', Weights: { Passing: 0, Warning: 1 } },
      { Name: 'web', Weights: { Passing: 1, Warning: -1 } },
      { Name: 'web', Weights: { Passing: 65536, Warning: 1 } },
      { Name: 'web', Check: { Interval: '1s' } },
      { Name: 'web', Check: { TTL: '10' } },
      { Name: 'web', Check: { TTL: 'x' } },
      { Name: 'web', Check: { TTL: '1s', Interval: '1s' } },
      { Name: 'web', Check: { HTTP: 'http://127.0.0.1:1/' } },
      { Name: 'web', Check: { TCP: '127.0.0.1:1' } },
      { Name: 'web', Check: { TTL: '1h', Status: 'zz' } },
      { Name: 'web', Check: { Bogus: 1 } },
      { Name: 'web', Check: { TTL: '1h', ID: 'x' } },
      { Name: 'web', Check: { ScriptArgs: ['true'], Interval: '1s' } },
      { Name: 'web', Checks: [{ TTL: '1h' }, { TTL: '1h', Interval: '1s' }] },
    ]),
  ),
];

const heartbeat: Generator = (chance) => {
  const id = chance.pick([
    'service:web-1',
    'service:web-2',
    'service:api-1',
    'service:db',
    'own-web-1',
    'node-check',
    'missing',
  ]);
  return [
    chance.pick([
      put(`/v1/agent/check/pass/${id}`),
      put(`/v1/agent/check/warn/${id}?note=w`),
      put(`/v1/agent/check/fail/${id}?note=some%20words`),
      put(`/v1/agent/check/update/${id}`, {
        Status: chance.pick([...STATUSES, 'bad']),
        Output: chance.pick(['', 'o', 'x'.repeat(5000)]),
      }),
      put(`/v1/agent/check/update/${id}`, '{"status":"passing","zip":1}'),
    ]),
  ];
};

const checks: Generator = (chance) => [
  chance.pick([
    put('/v1/agent/check/register', {
      Name: 'node-check',
      TTL: '1h',
      Status: chance.pick([undefined, 'passing', 'warning']),
    }),
    put('/v1/agent/check/register', {
      Name: 'extra',
      ID: 'extra',
      TTL: '1h',
      ServiceID: chance.pick([...IDS, 'missing']),
    }),
    put('/v1/agent/check/register', { Name: 'extra', TTL: '1h', Status: 'zz' }),
    put('/v1/agent/check/register', { TTL: '1h' }),
    put('/v1/agent/check/register', { Name: 'nothing' }),
    put('/v1/agent/check/register', { Name: 'x', Interval: '5s' }),
    put(`/v1/agent/check/deregister/${chance.pick(['node-check', 'extra', 'missing', 'service:web-1'])}`),
  ]),
];

const lifecycle: Generator = (chance) => [
  chance.pick([
    put(`/v1/agent/service/deregister/${chance.pick([...IDS, 'missing'])}`),
    put(
      `/v1/agent/service/maintenance/${chance.pick([...IDS, 'missing', ''])}?enable=${chance.pick(['true', 'false', '1', 'zz'])}&reason=why`,
    ),
    put(`/v1/agent/service/maintenance/${chance.pick(IDS)}`),
    put(`/v1/agent/maintenance?enable=${chance.pick(['true', 'false', 'false', 'x'])}`),
  ]),
];

const catalogWrite: Generator = (chance) => [
  put(
    '/v1/catalog/register',
    chance.pick<unknown>([
      { Node: 'ext', Address: '1.2.3.4' },
      { Node: 'ext', Address: '1.2.3.5', NodeMeta: { zone: 'a' } },
      { Node: 'ext', Address: '1.2.3.4', Service: { ID: 'e1', Service: 'web', Port: 9200, Tags: ['v1'] } },
      {
        Node: 'EXT',
        Address: '1.2.3.4',
        Service: { Service: 'es', Tags: [] },
        Check: { Name: 'c', Status: 'passing', ServiceID: 'es' },
      },
      { Node: 'ext', Address: '1.2.3.4', Check: { Name: 'nodely', Status: chance.pick(STATUSES) } },
      { Node: 'ext', Address: '1.2.3.4', Check: { Name: 'c', ServiceID: 'missing' } },
      { Node: 'ext', SkipNodeUpdate: true, Service: { ID: 'e2', Service: 'api', Tags: [] } },
      { Node: 'ext' },
      { Address: 'x' },
      { Node: 'ext', Address: 'x', Bogus: 1 },
      { Node: 'ext', Address: 'x', Datacenter: 'dc9' },
      '{bad',
    ]),
  ),
  ...(chance.maybe(0.3, [
    put(
      '/v1/catalog/deregister',
      chance.pick<unknown>([
        { Node: 'ext', ServiceID: 'e1' },
        { Node: 'ext', CheckID: 'nodely' },
        { Node: 'ext' },
        { Node: 'none' },
        {},
      ]),
    ),
  ]) ?? []),
];

const reads: Generator = (chance) => [
  get(
    chance.pick([
      ...NAMES.flatMap((name) => [
        `/v1/health/service/${name}`,
        `/v1/catalog/service/${name}`,
        `/v1/health/checks/${name}`,
      ]),
      '/v1/health/service/web?passing',
      '/v1/health/service/web?passing=false',
      '/v1/health/service/web?passing=junk',
      '/v1/health/service/web?tag=v1',
      '/v1/health/service/web?tag=V1&tag=PROD',
      '/v1/health/service/web?node-meta=zone:a',
      '/v1/health/service/missing',
      '/v1/health/service/',
      '/v1/health/service/web?stale',
      '/v1/health/service/web?consistent',
      '/v1/health/service/web?stale&consistent',
      '/v1/health/service/web?index=x',
      '/v1/health/service/web?wait=10',
      '/v1/health/service/web?wait=-3s',
      '/v1/health/service/web?ns=x',
      '/v1/health/service/web?dc=x',
      '/v1/health/service/web?dc=DC1',
      '/v1/health/state/any',
      '/v1/health/state/critical',
      '/v1/health/state/bad',
      '/v1/health/state/',
      '/v1/health/node/node-1',
      '/v1/health/node/none',
      '/v1/catalog/nodes',
      '/v1/catalog/nodes?node-meta=zone:a',
      '/v1/catalog/services',
      '/v1/catalog/services?node-meta=zone:a',
      '/v1/catalog/service/web?tag=v1',
      '/v1/catalog/node/node-1',
      '/v1/catalog/node/NODE-1',
      '/v1/catalog/node/ext',
      '/v1/catalog/node/none',
      '/v1/catalog/node-services/node-1',
      '/v1/catalog/datacenters',
      '/v1/agent/services',
      '/v1/agent/checks',
      `/v1/agent/service/${chance.pick([...IDS, 'missing'])}`,
      `/v1/agent/health/service/id/${chance.pick([...IDS, 'missing', ''])}`,
      `/v1/agent/health/service/name/${chance.pick([...NAMES, 'missing', ''])}`,
      '/v1/agent/health/service/name/web?format=text',
      '/v1/status/leader',
      '/v1/coordinate/node/none',
      '/v1/none',
      '/v1/kv//app/a',
      '/v1/kv/app/../single',
    ]),
  ),
];

const filters: Generator = (chance) => {
  const filter = encodeURIComponent(
    chance.pick([
      'Service.Meta.version == 1',
      'Service.Meta.version != "1"',
      'Service.Meta.version == "2" and Service.Port == 80',
      'v1 in Service.Tags',
      'v1 not in Service.Tags',
      '"prod" in Service.Tags or Service.Weights.Passing == 10',
      'Service.Tags contains v1',
      'Service.Tags is empty',
      'Service.Meta is not empty',
      'not (Service.ID == "web-1")',
      'Service.ID matches "^web"',
      'Service.ID not matches "1$"',
      'Checks.Status == "critical"',
      'Checks.Status != "critical"',
      'version in Service.Meta',
      'Node.Meta is empty',
      'Service.EnableTagOverride == true',
      'Nope == 1',
      'Service.Port == x',
      'Service.Tags ==',
      '(Service.ID == a',
      'Service.Meta.missing is empty',
      'Service.Meta.missing != 3',
      '"we" in Service.Service',
    ]),
  );
  return [get(`/v1/health/service/${chance.pick(['web', 'api'])}?filter=${filter}`)];
};

const kv: Generator = (chance) => {
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

const kvCas: Generator = (chance) => {
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

const sessions: Generator = (chance) => {
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

const transactions: Generator = (chance) => {
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

const events: Generator = (chance) => [
  chance.pick([
    put(`/v1/event/fire/${chance.pick(['deploy', 'other', ''])}`, 'payload'),
    put('/v1/event/fire/deploy?node=%5B'),
    get('/v1/event/list?name=nothing'),
  ]),
];

const config: Generator = (chance) => [
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

const queries: Generator = (chance) => {
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

const methods: Generator = (chance) => [
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

const generators: readonly (readonly [weight: number, Generator])[] = [
  [8, register],
  [2, badRegister],
  [6, heartbeat],
  [3, checks],
  [3, lifecycle],
  [3, catalogWrite],
  [14, reads],
  [3, filters],
  [8, kv],
  [2, kvCas],
  [5, sessions],
  [4, transactions],
  [1, events],
  [2, config],
  [2, queries],
  [1, methods],
];

/** A script of about `length` calls, the same for the same seed. */
export function makeScript(seed: number, length: number): readonly ScriptCall[] {
  const chance = new Chance(seededRandom(seed));
  const bag = generators.flatMap(([weight, generator]) => Array.from({ length: weight }, () => generator));
  const script: ScriptCall[] = [];
  while (script.length < length) script.push(...chance.pick(bag)(chance));
  return script;
}
