import { expect, test } from 'vitest';
import { SharedLabels } from '../../../src/discovery/shared-labels.ts';

test('equal tags and metadata become one object, whatever order they came in between others', () => {
  const shared = new SharedLabels();
  const [a, b] = [shared.tags(['v1', 'api']), shared.tags(['v1'])];
  expect(shared.tags(['v1', 'api'])).toBe(a);
  expect(shared.tags(['v1'])).toBe(b);
  const meta = shared.meta(new Map([['zone', 'a']]));
  expect(shared.meta(new Map([['zone', 'a']]))).toBe(meta);
  expect(shared.meta(new Map([['zone', 'b']]))).toEqual(new Map([['zone', 'b']]));
});

test('what differs stays different, however alike it looks', () => {
  const shared = new SharedLabels();
  const lists = [['a', 'b'], ['a,b'], ['a","b'], ['b', 'a'], [], ['']];
  for (const tags of lists) expect(shared.tags([...tags])).toEqual(tags);
  const maps = [
    new Map([['a', 'b,c']]),
    new Map([['a,b', 'c']]),
    new Map([
      ['b', 'c'],
      ['a', ''],
    ]),
  ];
  for (const meta of maps) expect(shared.meta(new Map(meta))).toEqual(meta);
});

test('thousands that all differ are not kept', () => {
  const shared = new SharedLabels();
  const early = shared.tags(['id-0']);
  for (let id = 1; id < 1000; id++) expect(shared.tags([`id-${id}`])).toEqual([`id-${id}`]);
  expect(shared.tags(['id-0'])).not.toBe(early);
});

test('texts are found again up to as many as are to be remembered, whatever they are', () => {
  const shared = new SharedLabels(2);
  const long = 'x'.repeat(10_000);
  for (const text of ['a', 'b', 'c', '', long, 'a']) expect(shared.text(text)).toBe(text);
});
