import { expect, it } from 'vitest';
import { changedPaths } from '../../../src/kv-config/changed-paths.ts';
import { keyAt, keyParts, namesOf } from '../../../src/kv-config/config-path.ts';
import { layerFolders } from '../../../src/kv-config/layer-folders.ts';

it('names what came, went and changed, by its dotted path', () => {
  const before = { db: { host: 'a', port: 1 }, list: [1], gone: { x: 1, y: { z: 2 } }, same: 's' };
  const after = { db: { host: 'b', port: 1 }, list: [2], came: { v: true }, same: 's' };
  expect([...changedPaths(before, after)].sort()).toEqual(['came.v', 'db.host', 'gone.x', 'gone.y.z', 'list']);
  expect(changedPaths(before, structuredClone(before))).toEqual([]);
});

it('names a value that became a section, and what is in it', () => {
  expect([...changedPaths({ db: 'off' }, { db: { host: 'a' } })].sort()).toEqual(['db', 'db.host']);
  expect(changedPaths({}, { db: {} })).toEqual(['db']);
});

it('paths may be written with dots, with slashes, or name by name', () => {
  expect(namesOf('db.host')).toEqual(['db', 'host']);
  expect(namesOf('db/host')).toEqual(['db', 'host']);
  expect(namesOf(['hosts', 'example.com'])).toEqual(['hosts', 'example.com']);
  expect(namesOf('')).toEqual([]);
});

it('refuses names that would not come back', () => {
  for (const names of [[], [''], ['a', ''], ['.'], ['..'], ['a/b'], ['x.json'], ['x.yml'], ['\ud800']]) {
    expect(() => keyAt(names), JSON.stringify(names)).toThrow(/path|name/);
  }
  expect(keyAt(['a', 'b.c'])).toBe('a/b.c');
  expect(keyParts('a/b.c')).toEqual({ names: ['a', 'b.c'], kind: undefined });
});

it('the layers are those of Spring Cloud Consul, from the lowest to the highest', () => {
  expect(layerFolders({ prefix: 'config', app: 'orders', profile: 'prod' })).toEqual([
    'config/application/',
    'config/application,prod/',
    'config/orders/',
    'config/orders,prod/',
  ]);
  expect(layerFolders({ prefix: 'config/', app: 'orders' })).toEqual(['config/application/', 'config/orders/']);
  expect(layerFolders({ prefix: 'config/orders' })).toEqual(['config/orders/']);
  expect(layerFolders({ prefix: '' })).toEqual(['']);
});
