import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { TraceIds, traceIdShare } from '../../../src/telemetry/trace-ids.ts';

const RATIOS = [0, 0.01, 0.5, 0.999];
const LINE = /^traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-00\r\n$/;

test.each(RATIOS)('every unsampled context is a well-formed line, its trace id not below the ratio %d', (ratio) => {
  const ids = new TraceIds(seededRandom(1), ratio);
  for (let context = 0; context < 10_000; context++) {
    const line = ids.nextLine();
    const [, traceId = ''] = LINE.exec(line) ?? [];
    expect(line).toMatch(LINE);
    expect(traceIdShare(traceId)).toBeGreaterThanOrEqual(ratio);
  }
});

test.each([...RATIOS, 1])('a trace id is below the ratio %d exactly when its trace is sampled', (ratio) => {
  const ids = new TraceIds(seededRandom(1), ratio);
  for (let trace = 0; trace < 1000; trace++) {
    expect(ids.traceId(true)).toMatch(/^[0-9a-f]{32}$/);
    if (ratio > 0) expect(traceIdShare(ids.traceId(true))).toBeLessThan(ratio);
    if (ratio < 1) expect(traceIdShare(ids.traceId(false))).toBeGreaterThanOrEqual(ratio);
  }
});

test('the ids of all traces together are spread evenly over the scale', () => {
  const random = seededRandom(4);
  const ids = new TraceIds(random, 0.25);
  const tenths = new Array<number>(10).fill(0);
  for (let trace = 0; trace < 50_000; trace++) {
    const tenth = Math.floor(traceIdShare(ids.traceId(random() < 0.25)) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - 5000)).toBeLessThan(350);
});

test('no two contexts have the same trace id, and sixteen at most are alike but for its first digit', () => {
  const ids = new TraceIds(seededRandom(2), 0.01);
  const seen = new Set<string>();
  const alike = new Map<string, number>();
  for (let context = 0; context < 20_000; context++) {
    const [, traceId = '', spanId = ''] = LINE.exec(ids.nextLine()) ?? [];
    seen.add(traceId);
    for (const part of [traceId.slice(1), spanId]) alike.set(part, (alike.get(part) ?? 0) + 1);
  }
  expect(seen.size).toBe(20_000);
  expect(new Set(alike.values())).toEqual(new Set([16]));
});

test('spans and traces have ids of their own', () => {
  const ids = new TraceIds(seededRandom(3), 0.01);
  const seen = new Set<string>();
  for (let span = 0; span < 1000; span++) seen.add(ids.spanId());
  for (let trace = 0; trace < 1000; trace++) seen.add(ids.traceId(trace % 100 === 0));
  expect(seen.size).toBe(2000);
});

test('no id is all zero, whatever chance says', () => {
  const ids = new TraceIds(() => 0, 0.5);
  expect(ids.nextLine()).toBe(`traceparent: 00-${'00000001'.repeat(2)}0080000000000000-${'00000001'.repeat(2)}-00\r\n`);
  expect(ids.traceId(true)).toBe(`${'00000001'.repeat(2)}${'0'.repeat(16)}`);
  expect(ids.spanId()).toBe('0000000100000001');
});
