import { type Generator, IDS, put, STATUSES } from './dev-agent-script-call.ts';

/**
 * Ids keep their service's name here (a change of name has a case of its own), and lists and maps are never both absent
 * and empty: Consul takes the two for different when it decides whether a registration is identical, we do not.
 */
export const register: Generator = (chance) => {
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

export const badRegister: Generator = (chance) => [
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

export const heartbeat: Generator = (chance) => {
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

export const checks: Generator = (chance) => [
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

export const lifecycle: Generator = (chance) => [
  chance.pick([
    put(`/v1/agent/service/deregister/${chance.pick([...IDS, 'missing'])}`),
    put(
      `/v1/agent/service/maintenance/${chance.pick([...IDS, 'missing', ''])}?enable=${chance.pick(['true', 'false', '1', 'zz'])}&reason=why`,
    ),
    put(`/v1/agent/service/maintenance/${chance.pick(IDS)}`),
    put(`/v1/agent/maintenance?enable=${chance.pick(['true', 'false', 'false', 'x'])}`),
  ]),
];

export const catalogWrite: Generator = (chance) => [
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
