import { describe, expect, it } from 'vitest';
import type { ChainNode, ChainTarget, DiscoveryChain } from '../../../src/consul/decode/discovery-chain.ts';
import { durationMsOf } from '../../../src/discovery/chain-route.ts';
import { compileChain } from '../../../src/discovery/compile-chain.ts';
import { resolverChain } from '../../../src/discovery/resolver-chain.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { Diversion } from '../../../src/upstream/diversion.ts';
import type { TrafficPlan } from '../../../src/upstream/traffic-plan.ts';

const target = (id: string, rest: Partial<ChainTarget> = {}): ChainTarget => ({
  id,
  service: 'web',
  datacenter: 'dc1',
  subset: '',
  filter: '',
  onlyPassing: false,
  ...rest,
});

const resolver = (name: string, rest: Partial<Extract<ChainNode, { kind: 'resolver' }>> = {}): ChainNode => ({
  kind: 'resolver',
  name,
  isDefault: false,
  connectTimeout: '5s',
  target: name,
  failoverTargets: [],
  ...rest,
});

function chain(startNode: string, nodes: readonly ChainNode[], targets: readonly ChainTarget[]): DiscoveryChain {
  return {
    service: 'web',
    datacenter: 'dc1',
    protocol: 'http',
    startNode,
    nodes: new Map(nodes.map((node) => [node.name, node])),
    targets: new Map(targets.map((each) => [each.id, each])),
  };
}

/** Which target got how many of so many requests for `/`. */
function shares(plan: TrafficPlan | undefined, count: number): ReadonlyMap<string, number> {
  const diversion = new Diversion(plan ?? { routes: [] }, ({ key }) => key, seededRandom(3));
  const route = diversion.route({ method: 'GET', target: '/', header: () => undefined });
  const got = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const key = route.next();
    got.set(key, (got.get(key) ?? 0) + 1);
  }
  return got;
}

describe('a compiled chain', () => {
  it('is no plan where it says what holds anyway', () => {
    expect(compileChain(chain('web', [resolver('web', { isDefault: true })], [target('web')]))).toBe(undefined);
    expect(compileChain(chain('gone', [], []))).toBe(undefined);
  });

  it('multiplies out splitters of splitters, and keeps to the shares closely', () => {
    const splits = (name: string, ...to: readonly (readonly [number, string])[]): ChainNode => ({
      kind: 'splitter',
      name,
      splits: to.map(([weight, nextNode]) => ({ weight, nextNode })),
    });
    const plan = compileChain(
      chain(
        's',
        [
          splits('s', [90, 'a'], [10, 't']),
          splits('t', [50, 'b'], [50, 'c']),
          resolver('a'),
          resolver('b'),
          resolver('c'),
        ],
        [target('a'), target('b'), target('c')],
      ),
    );
    const got = shares(plan, 20_000);
    expect(Math.abs((got.get('a') ?? 0) - 18_000)).toBeLessThan(10);
    expect(Math.abs((got.get('b') ?? 0) - 1_000)).toBeLessThan(10);
    expect(Math.abs((got.get('c') ?? 0) - 1_000)).toBeLessThan(10);
  });

  it('gives a subset its filter, another datacenter its name, and a failover both', () => {
    const failover = target('v1.web.dc2', { subset: 'v1', filter: 'Service.Meta.v == 1', datacenter: 'dc2' });
    const first = target('v2.web', { subset: 'v2', filter: 'Service.Meta.v == 2', onlyPassing: true });
    const node = resolver('v2.web', { failoverTargets: ['v1.web.dc2'], connectTimeout: '250ms' });
    expect(compileChain(chain('v2.web', [node], [first, failover]))?.routes).toEqual([
      {
        match: undefined,
        rewrite: undefined,
        splits: [
          {
            weight: 100,
            target: {
              key: 'v2.web!{"connectMs":250}',
              query: { service: 'web', subset: { name: 'v2', filter: 'Service.Meta.v == 2' } },
              onlyPassing: true,
              failover: [{ service: 'web', datacenter: 'dc2', subset: { name: 'v1', filter: 'Service.Meta.v == 1' } }],
              settings: { connectMs: 250 },
            },
          },
        ],
      },
    ]);
  });

  it('leaves out a route whose expression JavaScript does not know, and keeps times and retries of the others', () => {
    const router: ChainNode = {
      kind: 'router',
      name: 'r',
      routes: [
        { definition: { Match: { HTTP: { PathRegex: '(?P<go>x)' } } }, nextNode: 'a' },
        {
          definition: {
            Match: { HTTP: { PathPrefix: '/api', Methods: ['PUT'] } },
            Destination: { RequestTimeout: '1m1.5s', NumRetries: 3, RetryOnStatusCodes: [503, 404] },
          },
          nextNode: 'a',
        },
        { definition: { Match: { HTTP: { PathPrefix: '/' } } }, nextNode: 'b' },
      ],
    };
    const plan = compileChain(chain('r', [router, resolver('a'), resolver('b')], [target('a'), target('b')]));
    expect(plan?.routes.map(({ match }) => match?.path?.value)).toEqual(['/api', undefined]);
    expect(plan?.routes[0]?.splits[0]?.target.settings).toEqual({ totalMs: 61_500, attempts: 4, retryOn: [503] });
  });
});

describe('the chain of resolvers alone', () => {
  it('follows redirects, gives up on a circle, and takes the failover of any subset', () => {
    const resolvers = new Map([
      ['a', { Redirect: { Service: 'b', Datacenter: 'dc2' } }],
      [
        'b',
        {
          DefaultSubset: 'v1',
          Subsets: { v1: { Filter: 'f', OnlyPassing: true } },
          Failover: { '*': { Service: 'c' } },
        },
      ],
      ['x', { Redirect: { Service: 'y' } }],
      ['y', { Redirect: { Service: 'x' } }],
    ]);
    const plan = compileChain(resolverChain('a', (name) => resolvers.get(name)));
    expect(plan?.routes[0]?.splits[0]?.target).toMatchObject({
      query: { service: 'b', datacenter: 'dc2', subset: { name: 'v1', filter: 'f' } },
      onlyPassing: true,
      failover: [{ service: 'c' }],
    });
    expect(() => compileChain(resolverChain('x', (name) => resolvers.get(name)))).not.toThrow();
  });
});

describe('a route', () => {
  const routed = (path: object, rewrite: string) => {
    const match = { path, headers: [], query: [], methods: [] } as never;
    const diversion = new Diversion(
      { routes: [{ match, rewrite, splits: [{ weight: 1, target: {} as never }] }] },
      () => 0,
      () => 0,
    );
    return (to: string) => diversion.route({ method: 'GET', target: to, header: () => undefined }).rewritten(to);
  };

  it('rewrites the matched beginning, and never makes an authority or an empty path of it', () => {
    const api = routed({ kind: 'prefix', value: '/api' }, '/');
    expect([api('/api/x?y'), api('/api'), api('/api?y'), api('/apix')]).toEqual(['/x?y', '/', '/?y', '/x']);
    const deep = routed({ kind: 'prefix', value: '/api/' }, 'v2/');
    expect([deep('/api//x'), deep('/api/')]).toEqual(['/v2/x', '/v2/']);
    expect(routed({ kind: 'exact', value: '/a' }, '/b')('/a?x')).toBe('/b?x');
  });
});

describe('a duration of Consul’s', () => {
  it('is read in either of its forms', () => {
    expect([
      durationMsOf('1m30s'),
      durationMsOf('250ms'),
      durationMsOf(2e9),
      durationMsOf('10'),
      durationMsOf(undefined),
    ]).toEqual([90_000, 250, 2_000, undefined, undefined]);
  });
});
