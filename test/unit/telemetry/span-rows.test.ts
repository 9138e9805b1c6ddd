import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SpanRecord } from '../../../src/telemetry/span-record.ts';
import { SpanRows } from '../../../src/telemetry/span-rows.ts';
import { clientSpan, serverSpan } from '../../support/spans.ts';

test('spans come out as they went in, oldest first, and what does not fit is refused', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.oneof(fc.constantFrom('server', 'client'), fc.integer({ min: 0, max: 12 })), { maxLength: 60 }),
      (capacity, steps) => {
        const rows = new SpanRows(capacity);
        const waiting: SpanRecord[] = [];
        for (const [number, step] of steps.entries()) {
          if (typeof step === 'number') {
            expect(rows.take(step)).toEqual(waiting.splice(0, step));
          } else {
            const span = step === 'server' ? serverSpan(number) : clientSpan(number);
            const fits = waiting.length < capacity;
            expect(rows.push(span)).toBe(fits);
            if (fits) waiting.push(span);
          }
          expect(rows.count).toBe(waiting.length);
        }
        expect(rows.take(Number.POSITIVE_INFINITY)).toEqual(waiting);
      },
    ),
  );
});

test('a span that was taken out is not touched by those that come after it', () => {
  const rows = new SpanRows(1);
  rows.push(serverSpan(1));
  const [taken] = rows.take(1);
  rows.push(clientSpan(2));
  rows.take(1);
  rows.push(serverSpan(3));
  expect(taken).toEqual(serverSpan(1));
});
