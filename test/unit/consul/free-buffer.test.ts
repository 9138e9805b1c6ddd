import { expect, test } from 'vitest';
import { jsonList } from '../../../src/consul/call.ts';
import { decodeNumber } from '../../../src/consul/decode/decoder.ts';
import { freeBuffer } from '../../../src/consul/free-buffer.ts';

const reply = (text: string) => {
  const body = Buffer.from(new TextEncoder().encode(text).buffer);
  return { status: 200, headers: new Map<string, string>(), body, letGo: () => freeBuffer(body) };
};

test('a buffer is empty once it is freed, and its memory gone', () => {
  const { body } = reply('[1]');
  const { buffer } = body;
  freeBuffer(body);
  expect([body.length, buffer.byteLength]).toEqual([0, 0]);
  freeBuffer(body);
});

test('a buffer that has a part of another is left alone', () => {
  const { body } = reply('[1, 2]');
  freeBuffer(body.subarray(0, 3));
  expect(body.toString()).toBe('[1, 2]');
});

test('a list lets go of the body it was read from, also when it is refused', async () => {
  const read = jsonList(decodeNumber);
  const [good, bad] = [reply('[1, 2]'), reply('["x"]')];
  expect(await read(good)).toEqual([1, 2]);
  await expect(read(bad)).rejects.toThrow('[0]: expected a number');
  expect([good.body.length, bad.body.length]).toEqual([0, 0]);
});
