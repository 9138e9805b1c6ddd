import { describe, expect, it } from 'vitest';
import { environmentLayer } from '../../../src/app/config-environment.ts';
import { ConfigError } from '../../../src/app/config-error.ts';
import { parseConfigText, readConfigFile } from '../../../src/app/config-file.ts';
import { flagLayer, parseSetFlag } from '../../../src/app/config-flags.ts';
import { loadConfig } from '../../../src/app/load-config.ts';

const load = (...texts: string[]) => loadConfig(texts.map((text) => parseConfigText(text, 'pilotfish.yaml')));

function problemsOf(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('needs nothing: every setting has its default', () => {
    const { config, originOf } = load('');
    expect(config.service).toBeUndefined();
    expect(config.proxy.listen).toBe('127.0.0.1:7700');
    expect(config.admin.listen).toBe('127.0.0.1:7701');
    expect(config.defaults.policy).toBe('round-robin');
    expect(config.defaults.timeouts).toEqual({ connect: '1s', firstByte: '15s', idle: '5m', total: '0s' });
    expect(originOf(['proxy', 'listen'])).toBe('default');
  });

  it('gives a service its defaults only where there is a service', () => {
    const { config } = load('service: { name: orders, port: 8000 }');
    expect(config.service).toMatchObject({ name: 'orders', address: 'auto', waitForApp: '30s', tags: [] });
  });

  it('takes flags before environment before files before defaults, and says which', () => {
    const { config, originOf } = loadConfig([
      parseConfigText('service:\n  name: orders\n  port: 1\n  tags: [a]', 'one.yaml'),
      parseConfigText('service:\n  port: 2', 'two.yaml'),
      environmentLayer({ SERVICE_PORT: '3', SERVICE_TAGS: ' b, c ,', SERVICE_ADDRESS: '' }),
      flagLayer([parseSetFlag('service.port=4')]),
    ]);
    expect(config.service).toMatchObject({ name: 'orders', port: 4, tags: ['b', 'c'], address: 'auto' });
    expect(originOf(['service', 'name'])).toBe('one.yaml:2:9');
    expect(originOf(['service', 'port'])).toBe('--set service.port');
    expect(originOf(['service', 'tags'])).toBe('env SERVICE_TAGS');
  });

  it('merges sections of several files and replaces lists whole', () => {
    const { config } = load('upstreams: { a: { failover: [x, y] } }', 'upstreams: { a: { failover: [z] }, b: {} }');
    expect(config.upstreams).toEqual({ a: { failover: ['z'] }, b: {} });
  });

  it('takes the agent’s address as Consul’s own tools do, and makes a URL of it', () => {
    const addressOf = (address: string) => load(`consul: { address: "${address}" }`).config.consul.address;
    expect(addressOf('127.0.0.1:8500')).toBe('http://127.0.0.1:8500');
    expect(addressOf('localhost:8500')).toBe('http://localhost:8500');
    expect(addressOf('https://consul.test')).toBe('https://consul.test:443');
    expect(addressOf('unix:///run/consul.sock')).toBe('unix:///run/consul.sock');
  });

  it('names an address that is none, without a password in it', () => {
    expect(problemsOf('consul: { address: "ftp://consul.test" }')).toEqual([
      'pilotfish.yaml:1:20: consul.address: "ftp://consul.test": the scheme must be http, https or unix',
    ]);
    for (const address of ['http://me:s3cret@consul.test', 'http://me:s3cret@consul.test/path', 'me:s3cret@:::']) {
      const problems = problemsOf(`consul: { address: "${address}" }`);
      expect(problems).toEqual([expect.stringContaining('consul.address: an address carries no user or password')]);
      expect(problems.join()).not.toContain('s3cret');
    }
  });

  it('wants hashOn with ring-hash, of the defaults too', () => {
    const message = 'ring-hash needs hashOn: header:NAME, cookie:NAME or source';
    expect(problemsOf('defaults: { policy: ring-hash }')).toEqual([`pilotfish.yaml:1:21: defaults.policy: ${message}`]);
    expect(problemsOf('upstreams: { a: { policy: ring-hash } }')).toEqual([
      `pilotfish.yaml:1:27: upstreams.a.policy: ${message}`,
    ]);
    expect(problemsOf('defaults: { policy: ring-hash, hashOn: source }')).toEqual([]);
  });

  it('wants a check by path with healthListen, and no other kind alone', () => {
    const service = (rest: string) => `service: { name: a, port: 1, healthListen: 127.0.0.1:7702${rest} }`;
    const refused = 'pilotfish.yaml:1:44: service.healthListen: only an http check by path can come to the sidecar';
    for (const check of ['none', '{ ttl: 10s }', '{ tcp: true }', '{ grpc: true }', '{ http: "http://127.0.0.1/" }'])
      expect(problemsOf(service(`, check: ${check}`))).toEqual([
        `${refused}: set check.http to a path, or leave healthListen out`,
      ]);
    for (const rest of ['', ', check: { http: /up }', ', checks: [{ ttl: 10s }, { http: up }]'])
      expect(problemsOf(service(rest))).toEqual([]);
  });

  it('takes a key without a value as not said, wherever it stands', () => {
    const { config } = load('upstreams: { pay: { policy: , tls: { ca: } } }\nproxy: { listen: }');
    expect(config.proxy.listen).toBe('127.0.0.1:7700');
    expect(config.upstreams['pay']?.policy).toBeUndefined();
  });

  it('names every problem at once, each with line and column', () => {
    expect(problemsOf('service:\n  name: orders\n  prot: 80\nproxy:\n  listen: 7700\n')).toEqual([
      'pilotfish.yaml:1:1: service.port: is missing',
      'pilotfish.yaml:3:3: service.prot: unknown key (did you mean "port"?)',
      'pilotfish.yaml:5:11: proxy.listen: expected an address such as 127.0.0.1:7700 or unix:///path or a list of them, got 7700',
    ]);
  });

  it.each([
    [
      'upstreams:\n  payments:\n    polcy: random',
      'pilotfish.yaml:3:5: upstreams.payments.polcy: unknown key (did you mean "policy"?)',
    ],
    ['defaults: { policy: least-conections }', 'did you mean "least-connections"?'],
    [
      'defaults: { timeouts: { connect: 10 } }',
      'defaults.timeouts.connect: expected a duration such as 250ms, 10s, 5m or 1h, got 10',
    ],
    ['defaults: { retry: { budget: 120% } }', 'expected a share such as 20%, from 0% to 100%, got "120%"'],
    ['upstreams: { "a/b": {} }', 'upstreams.a/b: expected a name of up to 63 letters'],
    ['upstreams: { db: { protocol: tcp } }', 'needs an own port'],
    ['upstreams: { a: { policy: ring-hash } }', 'ring-hash needs hashOn'],
    ['upstreams: { a: { tls: { cert: x } } }', 'cert and key go together'],
    ['upstreams: { a: { endpoints: ["h:1"], tag: v1 } }', 'a fixed list has no tag'],
    ['upstreams: { a: { preparedQuery: q, service: b } }', 'a prepared query says itself which instances'],
    ['upstreams: { a: { preparedQuery: q, tag: v1 } }', 'a prepared query says itself which instances'],
    ['upstreams: { a: { preparedQuery: q, datacenter: dc2 } }', 'leave out service, tag, datacenter'],
    ['upstreams: { a: { preparedQuery: q, failover: [dc2] } }', 'leave out service, tag, datacenter'],
    ['upstreams: { a: { preparedQuery: q, endpoints: ["h:1"] } }', 'leave out service, tag, datacenter'],
    ['consul: { token: a, tokenFile: b }', 'either token or tokenFile'],
    ['service: { name: a, port: 1, check: { htp: /x } }', 'service.check.htp: unknown key (did you mean "http"?)'],
    ['service: { name: a, port: 1, check: { http: /x, tcp: true } }', 'exactly one of http, tcp, ttl, grpc'],
    ['service: { name: a, port: 70000 }', 'expected a port, 0 to 65535, got 70000'],
    ['- a\n- b', 'expected a map of settings'],
    ['a: [', 'not valid YAML'],
    ['a: 1\na: 2', 'not valid YAML: Map keys must be unique'],
    ['proxy: { listen: "[::1]:x" }', 'expected an address such as'],
  ])('refuses %j and says why', (text, message) => {
    expect(problemsOf(text).join('\n')).toContain(message);
  });

  it('never shows the value of a secret', () => {
    expect(problemsOf('consul: { token: [s3cret] }').join()).not.toContain('s3cret');
  });

  it('is not fooled by keys of Object', () => {
    expect(problemsOf('upstreams: { __proto__: { policy: x } }').join()).toContain(
      'pilotfish.yaml:1:14: unknown key __proto__',
    );
    expect(problemsOf('constructor: 1').join()).toContain('constructor: unknown key');
  });

  it('says which file cannot be read', () => {
    expect(() => readConfigFile('/nonexistent/pilotfish.yaml')).toThrow(
      /^\/nonexistent\/pilotfish\.yaml: cannot be read: ENOENT/,
    );
    expect(() => readConfigFile('/')).toThrow(/^\/: cannot be read: EISDIR/);
  });

  it.each(['x', '=1', 'a.b', 'a={'])('refuses --set %s', (text) => {
    expect(() => parseSetFlag(text)).toThrow(ConfigError);
  });
});
