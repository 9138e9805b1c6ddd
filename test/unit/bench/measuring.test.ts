import { expect, test } from 'vitest';
import { budgetPlaces } from '../../../bench/harness/budget.ts';
import { ChunkCounter } from '../../../bench/harness/chunk-counter.ts';
import { quantile, spreadOf, trimmedMean } from '../../../bench/harness/quantiles.ts';
import { tallySamples } from '../../../bench/harness/sample-tally.ts';

test('a quantile is the value below which that share lies', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i);
  expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 0.999)]).toEqual([500, 990, 999]);
  expect(quantile([], 0.5)).toBe(0);
});

test('the median of an even count lies between the middle two', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
});

test('a trimmed mean leaves out a tenth at each end, and knows how sure it is', () => {
  expect(trimmedMean([1000, 1, 3, 5, 3, 3, 3, 3, 3, -1000])).toEqual({ mean: 3, standardError: expect.closeTo(0.378) });
  expect(trimmedMean([1, 2, 3])).toEqual({ mean: 2, standardError: expect.closeTo(0.577) });
});

test.each([1, 2, 3, 7, 100])('chunks are counted whole when they come in pieces of %i bytes', (size) => {
  const body = Buffer.from('5\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n');
  const counter = new ChunkCounter();
  let behind: number | undefined;
  for (let at = 0; at < body.length; at += size) behind = counter.take(body.subarray(at, at + size));
  expect({ bytes: counter.bytes, behind }).toEqual({ bytes: 31, behind: 0 });
});

test('bytes behind a chunked body are told, not counted', () => {
  const counter = new ChunkCounter();
  expect(counter.take(Buffer.from('2\r\nok\r\n0\r\n\r\nGET /'))).toBe(5);
  expect(counter.bytes).toBe(2);
});

test('samples are told apart by system call, JavaScript function and native layer', () => {
  const script = [
    '\tffff01 tcp_sendmsg ([kernel.kallsyms])\n\tffff02 ksys_write ([kernel.kallsyms])\n\t7f01 write (/lib/libc.so.6)',
    '\tffff01 kfree ([kernel.kallsyms])\n\tffff02 ksys_write ([kernel.kallsyms])',
    '\t7f10 JS:*scanLine file:///src/http1/field-block.ts:40:5 (/tmp/perf-1.map)',
    '\t7f20 v8::internal::Scavenger::Process(int) (/bin/node)',
    '\t7f30 Builtins_LoadIC (/bin/node)',
    '\tffff09 irqentry_exit ([kernel.kallsyms])',
  ].join('\n\n');
  expect(tallySamples(script).map(({ place, samples }) => [place.layer, place.what, samples])).toEqual([
    ['kernel', 'write', 2],
    ['javascript', 'scanLine — field-block.ts', 1],
    ['garbage collection', 'v8::internal::Scavenger::Process', 1],
    ['V8 builtins', 'Builtins_LoadIC', 1],
    ['kernel', 'entry, exit, interrupts', 1],
  ]);
});

test('a budget shares the CPU time out over the samples, the small places of a layer as one', () => {
  const write = '\tffff02 ksys_write ([kernel.kallsyms])';
  const rare = ['one', 'two'].map((name) => `\t7f10 JS:*${name} file:///src/a.ts:1:1 (/tmp/perf-1.map)`);
  const script = [...Array<string>(198).fill(write), ...rare].join('\n\n');
  const { samples, places } = budgetPlaces(script, 10);
  expect(samples).toBe(200);
  expect(places.map(({ layer, what, micros }) => [layer, what, Math.round(micros * 100) / 100])).toEqual([
    ['kernel', 'write', 9.9],
    ['javascript', 'everything below 0.1 µs', 0.1],
  ]);
});
