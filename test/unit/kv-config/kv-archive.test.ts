import { expect, it } from 'vitest';
import { formatArchive, parseArchive } from '../../../src/kv-config/kv-archive.ts';

it('keys come back from an archive byte for byte, flags up to 2^64-1 too', () => {
  const keys = [
    { key: 'a/ü "x"', value: Buffer.from([0, 255, 10]), flags: 2n ** 64n - 1n },
    { key: 'empty', value: Buffer.alloc(0), flags: 0n },
    { key: 'long', value: Buffer.from('x'.repeat(10_000)), flags: 9_007_199_254_740_993n },
  ];
  expect(parseArchive(formatArchive(keys))).toEqual(keys);
  expect(parseArchive(formatArchive([]))).toEqual([]);
});

it('an archive of Consul’s own tool is read', () => {
  const text = '[\n\t{\n\t\t"key": "a",\n\t\t"flags": 42,\n\t\t"value": "aGVsbG8="\n\t}\n]';
  expect(parseArchive(text)).toEqual([{ key: 'a', flags: 42n, value: Buffer.from('hello') }]);
});

it.each([
  ['{', 'not JSON'],
  ['{}', 'not a list'],
  ['[{"value": ""}]', 'number 0 has no key'],
  ['[{"key": "a", "flags": -1}]', 'flags of "a"'],
  ['[{"key": "a", "flags": 18446744073709551616}]', 'flags of "a"'],
  ['[{"key": "a", "flags": 1.5}]', 'flags of "a"'],
  ['[{"key": "a", "value": "secret!"}]', 'value of "a" is not base64'],
])('%s is refused', (text, message) => {
  expect(() => parseArchive(text)).toThrow(message);
  try {
    parseArchive(text);
  } catch (error) {
    expect(String(error)).not.toContain('secret');
  }
});
