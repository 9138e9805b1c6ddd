import { expect, it } from 'vitest';
import { layerOf, overlay, valueAt } from '../../../src/app/config-layer.ts';

it('what stands at a path is never what an object inherits', () => {
  const tree = { upstreams: { orders: { policy: 'random' } } };
  expect(valueAt(tree, ['upstreams', 'orders', 'policy'])).toBe('random');
  expect(valueAt(tree, ['upstreams', 'constructor'])).toBeUndefined();
  expect(valueAt(tree, ['upstreams', 'orders', 'policy', 'length'])).toBeUndefined();
});

it('a layer takes a setting of the layers below away, however many others it says', () => {
  const { tree } = layerOf([
    { path: ['a', 'b'], value: 1, where: '--set a.b' },
    { path: ['a', 'c'], value: null, where: '--set a.c' },
  ]);
  expect(overlay({ a: { b: 0, c: 0, d: 0 } }, tree)).toEqual({ a: { b: 1, c: undefined, d: 0 } });
});
