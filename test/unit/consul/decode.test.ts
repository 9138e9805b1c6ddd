import { describe, expect, it } from 'vitest';
import { decodeAgentSelf } from '../../../src/consul/decode/agent.ts';
import {
  DecodeError,
  type Decoder,
  decodeList,
  decodeMap,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeUint64,
  field,
} from '../../../src/consul/decode/decoder.ts';
import { decodeDiscoveryChain } from '../../../src/consul/decode/discovery-chain.ts';
import { decodeHealthEntries } from '../../../src/consul/decode/health.ts';
import { decodeKvEntry } from '../../../src/consul/decode/kv.ts';
import { parseJson, writeJson } from '../../../src/consul/decode/parse-json.ts';
import { decodeSessions } from '../../../src/consul/decode/session.ts';
import { decodeTxn } from '../../../src/consul/decode/txn.ts';

function complaint(decode: Decoder<unknown>, value: unknown): string {
  try {
    decode(value);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return 'no complaint';
}

const NODE = { ID: 'x', Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1', TaggedAddresses: null, Meta: null };

describe('a decoder', () => {
  it('takes no number that a double cannot hold', () => {
    expect(complaint(decodeNumber, parseJson(Buffer.from('1e999')))).toBe('expected a number, got Infinity');
    expect(complaint(decodeNumber, parseJson(Buffer.from('-1e999')))).toBe('expected a number, got -Infinity');
  });

  it('names the place of what is wrong, through lists, objects and maps', () => {
    const decode = decodeList((value) => field(decodeObject(value), 'Meta', decodeMap(decodeString)));
    expect(complaint(decode, [{}, {}, { Meta: { 'a-b': 5 } }])).toBe('[2].Meta.a-b: expected a string, got 5');
    expect(complaint(decode, [7])).toBe('[0]: expected an object, got 7');
    expect(complaint(decode, { x: 1 })).toBe('expected a list, got an object');
    expect(complaint(decodeList(decodeList(decodeNumber)), [[1, null]])).toBe('[0][1]: expected a number, got null');
    expect(complaint(decodeString, undefined)).toBe('expected a string, got nothing');
    expect(complaint(decodeNumber, ['x'])).toBe('expected a number, got a list');
  });

  it('shows only the beginning of a long value', () => {
    expect(complaint(decodeNumber, 'x'.repeat(1_000)).length).toBeLessThan(80);
  });

  it('takes a null or absent list or map as empty', () => {
    expect(decodeList(decodeString)(null)).toEqual([]);
    expect(decodeList(decodeString)(undefined)).toEqual([]);
    expect(decodeMap(decodeString)(null).size).toBe(0);
  });

  it('keeps keys from outside out of prototypes', () => {
    const map = decodeMap(decodeString)(JSON.parse('{"__proto__": "a", "constructor": "b"}'));
    expect([...map]).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it('reads numbers up to 2^64-1 exactly, and no others', () => {
    expect(decodeUint64(7)).toBe(7n);
    expect(decodeUint64(2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
    for (const bad of [-1, 1.5, 2 ** 60, '7', null]) expect(complaint(decodeUint64, bad)).toMatch(/expected a uint64/);
  });
});

describe('JSON', () => {
  it('keeps flags exact that a double cannot hold', () => {
    const text =
      '[{"Key":"a","Flags":18446744073709551615},{"Key":"b","Flags":9007199254740993},{"Key":"c","Flags":3}]';
    const flags = (parseJson(Buffer.from(text)) as { Flags: unknown }[]).map((entry) => decodeUint64(entry.Flags));
    expect(flags).toEqual([18446744073709551615n, 9007199254740993n, 3n]);
  });

  it('is not misled by a key that looks like flags', () => {
    const key = '"Flags": 18446744073709551615';
    expect(parseJson(writeJson({ Key: key }) as Buffer)).toEqual({ Key: key });
  });

  it('writes flags exactly, and leaves out what is not set', () => {
    expect(Buffer.from(writeJson({ Flags: 2n ** 64n - 1n, Name: undefined })).toString()).toBe(
      '{"Flags":18446744073709551615}',
    );
  });

  it('that is none is named with its beginning', () => {
    expect(complaint((body) => parseJson(body as Buffer), Buffer.from('<html>'))).toMatch(
      /^expected JSON, got "<html>"/,
    );
  });
});

describe('a health answer', () => {
  it('is read with everything missing that Consul may leave out', () => {
    const [entry] = decodeHealthEntries([
      { Node: NODE, Service: { Service: 'web', Tags: null }, Checks: null, New: 1 },
    ]);
    expect(entry).toEqual({
      node: {
        id: 'x',
        name: 'n1',
        address: '10.0.0.1',
        datacenter: 'dc1',
        taggedAddresses: new Map(),
        meta: new Map(),
      },
      service: {
        id: 'web',
        name: 'web',
        tags: [],
        address: '',
        port: 0,
        meta: new Map(),
        taggedAddresses: new Map(),
        weights: { passing: 1, warning: 1 },
        kind: '',
      },
      checks: [],
    });
  });

  it('is read with everything there', () => {
    const [entry] = decodeHealthEntries([
      {
        Node: { ...NODE, Meta: { zone: 'a' }, TaggedAddresses: { wan: '1.2.3.4' } },
        Service: {
          ID: 'web-1',
          Service: 'web',
          Tags: ['b'],
          Address: '10.0.0.2',
          Port: 80,
          Meta: { v: '1' },
          TaggedAddresses: { wan: { Address: '1.2.3.5', Port: 81 } },
          Weights: { Passing: 10, Warning: 0 },
          Kind: 'connect-proxy',
        },
        Checks: [
          { CheckID: 'c', Node: 'n1', Name: 'C', Status: 'warning', Output: 'hm', ServiceID: 'web-1', Type: 'ttl' },
        ],
      },
    ]);
    expect(entry?.service.taggedAddresses.get('wan')).toEqual({ address: '1.2.3.5', port: 81 });
    expect(entry?.service.weights).toEqual({ passing: 10, warning: 0 });
    expect(entry?.node.meta.get('zone')).toBe('a');
    expect(entry?.checks[0]).toMatchObject({ id: 'c', status: 'warning', output: 'hm', serviceTags: [], type: 'ttl' });
  });

  it('with a status that is none is refused, not guessed', () => {
    const bad = [{ Node: NODE, Service: { Service: 'web' }, Checks: [{ CheckID: 'c', Status: 'fine' }] }];
    expect(complaint(decodeHealthEntries, bad)).toBe(
      '[0].Checks[0].Status: expected passing, warning or critical, got "fine"',
    );
  });
});

const decodeKvEntries = decodeList(decodeKvEntry);

describe('other answers', () => {
  it('read an empty value as no bytes, and refuse what is not base64', () => {
    const entry = { Key: 'a', Value: null, Flags: 0, CreateIndex: 1, ModifyIndex: 2 };
    expect(decodeKvEntries([entry])[0]).toMatchObject({ value: Buffer.alloc(0), flags: 0n, session: undefined });
    expect(complaint(decodeKvEntries, [{ ...entry, Value: 'a$b=' }])).toMatch(/\[0\].Value: expected base64/);
  });

  it('read a session’s durations', () => {
    const [session] = decodeSessions([{ ID: 's', Node: 'n', TTL: '1m30.5s', LockDelay: 15e9, Checks: ['serfHealth'] }]);
    expect(session).toMatchObject({ ttlMs: 90_500, lockDelayMs: 15_000, behavior: 'release', checks: ['serfHealth'] });
    expect(decodeSessions([{ ID: 's', Node: 'n', TTL: '' }])[0]?.ttlMs).toBe(0);
  });

  it('tell a transaction that was rolled back from one that was not', () => {
    expect(decodeTxn({ Results: null, Errors: [{ OpIndex: 1, What: 'why' }] })).toEqual({
      committed: false,
      errors: [{ opIndex: 1, what: 'why' }],
    });
    const node = { Node: 'n1' };
    expect(decodeTxn({ Results: [{ Node: node }, { Service: node }, { Check: node }], Errors: null })).toEqual({
      committed: true,
      results: ['node', 'service', 'check'].map((kind) => ({ kind, raw: node })),
    });
  });

  it('tell the version of an agent without its build', () => {
    const self = { Config: { NodeName: 'n', Datacenter: 'dc1', Version: '1.20.1+ent' }, Meta: null };
    expect(decodeAgentSelf(self)).toMatchObject({ version: '1.20.1', nodeName: 'n', server: false, address: '' });
  });

  it('read a chain with router, splitter and resolvers', () => {
    const chain = decodeDiscoveryChain({
      Chain: {
        ServiceName: 'web',
        Protocol: 'http',
        StartNode: 'router:web',
        Nodes: {
          'router:web': {
            Type: 'router',
            Name: 'web',
            Routes: [{ Definition: { Match: null }, NextNode: 'splitter:web' }],
          },
          'splitter:web': { Type: 'splitter', Name: 'web', Splits: [{ Weight: 90, NextNode: 'resolver:v1' }] },
          'resolver:v1': {
            Type: 'resolver',
            Name: 'v1',
            Resolver: { ConnectTimeout: '3s', Target: 'v1.web', Failover: { Targets: ['web.dc2'] } },
          },
        },
        Targets: {
          'v1.web': { ID: 'v1.web', Service: 'web', Datacenter: 'dc1', Subset: { Filter: 'f', OnlyPassing: true } },
        },
      },
    });
    expect(chain.nodes.get('splitter:web')).toMatchObject({ splits: [{ weight: 90, nextNode: 'resolver:v1' }] });
    expect(chain.nodes.get('resolver:v1')).toMatchObject({ connectTimeout: '3s', failoverTargets: ['web.dc2'] });
    expect(chain.targets.get('v1.web')).toMatchObject({ filter: 'f', onlyPassing: true, subset: '' });
    const bad = {
      Chain: { ServiceName: 'w', StartNode: 'x', Nodes: { x: { Type: 'new', Name: 'x' } }, Targets: null },
    };
    expect(complaint(decodeDiscoveryChain, bad)).toMatch(/^Chain.Nodes.x: expected Type router/);
  });
});
