import { describe, expect, it } from 'vitest';
import { buildTree, valueAt } from '../../../src/kv-config/build-tree.ts';
import { layer } from '../../support/kv-config-entries.ts';

describe('the tree', () => {
  it('makes slashes sections, and reads JSON, numbers and plain text', () => {
    const { value, problems } = buildTree([
      layer('config/orders/', {
        'db/host': 'postgres',
        'db/port': '5432',
        'db/password': '"5432"',
        debug: 'true',
        tags: '["a", "b"]',
        greeting: 'hello, world',
        empty: '',
      }),
    ]);
    expect(problems).toEqual([]);
    expect(value).toEqual({
      db: { host: 'postgres', port: 5432, password: '5432' },
      debug: true,
      tags: ['a', 'b'],
      greeting: 'hello, world',
      empty: '',
    });
  });

  it('lays the later layer over the earlier: sections are merged, everything else is replaced', () => {
    const { value } = buildTree([
      layer('c/application/', { 'db/host': 'shared', 'db/port': '1', list: '[1, 2, 3]', cache: '{"size": 1}' }),
      layer('c/orders/', { 'db/host': 'own', list: '[4]', cache: 'off' }),
      layer('c/orders,prod/', { 'db/port': '2', 'cache/size': '3' }),
    ]);
    expect(value).toEqual({ db: { host: 'own', port: 2 }, list: [4], cache: { size: 3 } });
  });

  it('lays a deeper key over a document, whatever the order of the keys', () => {
    const entries = { 'db/port': '1', db: '{"host": "a", "port": 2}', 'a.json': '{"x": 1}', 'a/x': '2' };
    const forwards = buildTree([layer('c/', entries)]);
    const backwards = buildTree([layer('c/', Object.fromEntries(Object.entries(entries).reverse()))]);
    expect(forwards.value).toEqual({ db: { host: 'a', port: 1 }, a: { x: 2 } });
    expect(backwards.value).toEqual(forwards.value);
  });

  it('reads documents by the ending of their keys, which is no part of the name', () => {
    const { value } = buildTree([
      layer('c/', { 'db.yaml': 'host: a\nports: [1, 2]\n', 'cache.json': '{"size": 1}', '.yml': 'top: yes\n' }),
    ]);
    expect(value).toEqual({ db: { host: 'a', ports: [1, 2] }, cache: { size: 1 }, top: 'yes' });
  });

  it('leaves out folders, and keys of other folders that begin alike', () => {
    const { value } = buildTree([
      { folder: 'c/', entries: [...layer('', { 'c/': '', 'c/a/': '', 'c/b': 'x', 'c-2/b': 'y' }).entries] },
    ]);
    expect(value).toEqual({ b: 'x' });
  });

  it('names a broken document by key and place, and never quotes it', () => {
    const { problems } = buildTree([
      layer('c/', { 'a.yaml': 'x: 1\ny: [secret', 'b.json': '{"password": secret}', 'd.json': '[1]' }),
    ]);
    expect(problems.map(({ where }) => where)).toEqual(['c/a.yaml', 'c/b.json']);
    expect(JSON.stringify(problems)).not.toContain('secret');
    expect(problems[0]?.message).toContain('line 2');
  });

  it('takes names of outside as names, even those of Object.prototype', () => {
    const { value } = buildTree([
      layer('c/', { '__proto__/polluted': '1', 'constructor/x': '2', 'a.json': '{"__proto__": 3}' }),
    ]);
    expect(valueAt(value, ['__proto__', 'polluted'])).toBe(1);
    expect(valueAt(value, ['constructor', 'x'])).toBe(2);
    expect(valueAt(value, ['toString'])).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('tells the key that says a value, of a value within a document the document’s', () => {
    const { originOf } = buildTree([
      layer('c/application/', { 'db/host': 'a' }),
      layer('c/orders/', { 'db.yaml': 'port: 1' }),
    ]);
    expect(originOf(['db', 'host'])).toBe('c/application/db/host');
    expect(originOf(['db', 'port'])).toBe('c/orders/db.yaml');
    expect(originOf(['nowhere'])).toBeUndefined();
  });

  it('builds ten thousand keys of one folder in well under a second', () => {
    const entries = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, String(index)]));
    const { value } = buildTree([layer('c/', entries)]);
    expect(Object.keys(value)).toHaveLength(10_000);
  });
});
