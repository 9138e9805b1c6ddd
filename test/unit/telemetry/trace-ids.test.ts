import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { TraceIds, traceIdShare } from '../../../src/telemetry/trace-ids.ts';

test('every context is a well-formed line with ids that fit it, and its share is that of its trace id', () => {
  const ids = new TraceIds(seededRandom(1));
  for (let context = 0; context < 1000; context++) {
    const share = ids.next();
    const [line, traceId = '', spanId = ''] =
      /^traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-00\r\n$/.exec(ids.line) ?? [];
    expect(line).toBe(ids.line);
    expect([ids.traceId, ids.spanId]).toEqual([traceId, spanId]);
    expect(share).toBe(traceIdShare(traceId));
  }
});

test('no two contexts have the same trace id, nor the same last half of one', () => {
  const ids = new TraceIds(seededRandom(2));
  const halves = new Set<string>();
  for (let context = 0; context < 10_000; context++) {
    ids.next();
    halves.add(ids.traceId.slice(16));
  }
  expect(halves.size).toBe(10_000);
});

test('spans have ids of their own, none of them that of a context', () => {
  const ids = new TraceIds(seededRandom(3));
  const seen = new Set<string>();
  for (let block = 0; block < 100; block++) {
    for (let context = 0; context < 64; context++) ids.next();
    seen.add(ids.spanId);
    for (let span = 0; span < 10; span++) seen.add(ids.nextSpanId());
  }
  expect(seen.size).toBe(1100);
});

test('no id is all zero, whatever chance says', () => {
  const ids = new TraceIds(() => 0);
  ids.next();
  expect(ids.line).toBe(`traceparent: 00-${'00000001'.repeat(4)}-${'00000001'.repeat(2)}-00\r\n`);
  expect(ids.nextSpanId()).toBe('0000000100000001');
});
