import { expect, test } from 'vitest';
import { connectionsByOpenFiles } from '../../../src/proxy/open-files.ts';

test('half of the open files, less a reserve, can be client connections', () => {
  const limits =
    'Limit           Soft Limit   Hard Limit   Units\nMax open files            256                  256                  files\n';
  expect(connectionsByOpenFiles(limits)).toBe(64);
  expect(connectionsByOpenFiles(limits.replaceAll('256', '16'))).toBe(1);
});

test('without a limit to read, none is set', () => {
  expect(connectionsByOpenFiles('')).toBe(Number.POSITIVE_INFINITY);
  expect(connectionsByOpenFiles('Max open files            unlimited            unlimited            files\n')).toBe(
    Number.POSITIVE_INFINITY,
  );
});
