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

test('no two contexts have the same trace id, not by its last half either; 64 end alike, and 65,536 begin alike', () => {
  const ids = new TraceIds(seededRandom(2), 0.01);
  const count = 3 * 65_536;
  const [ids64, ends, spans, starts] = [new Set<string>(), new Map(), new Map(), new Map()] as const;
  const tally = (among: Map<string, number>, part: string) => among.set(part, (among.get(part) ?? 0) + 1);
  for (let context = 0; context < count; context++) {
    const [, traceId = '', spanId = ''] = LINE.exec(ids.nextLine()) ?? [];
    ids64.add(traceId.slice(16));
    tally(ends, traceId.slice(18));
    tally(spans, spanId);
    tally(starts, traceId.slice(0, 16));
  }
  expect(ids64.size).toBe(count);
  for (const shared of [ends, spans]) expect(new Set(shared.values())).toEqual(new Set([64]));
  expect([...starts.values()]).toEqual([65_536, 65_536, 65_536]);
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
