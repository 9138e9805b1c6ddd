import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { isSendableBaggage } from '../../../src/telemetry/baggage.ts';
import { SampledTrace } from '../../../src/telemetry/sampled-trace.ts';
import { acceptedTraceState, traceLines } from '../../../src/telemetry/trace-context.ts';
import { TraceDecider } from '../../../src/telemetry/trace-decision.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const parts = fc.tuple(fc.constantFrom('00', '01', 'ff', 'cc'), hex(32), hex(16), hex(2));
/** Any byte, as a header's latin1 text has them. */
const anyUnit = fc.nat(0xff).map((code) => String.fromCharCode(code));
const headers = fc.oneof(
  parts.map((texts) => texts.join('-')),
  parts.map((texts) => `${texts.join('-')}-more`),
  fc.string({ unit: anyUnit, maxLength: 70 }),
);
const wellFormed = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;

/** The grammar of W3C Trace Context §3.2.2, as a plain expression. */
const grammar = /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/s;

describe('trace context', () => {
  test('follows a caller exactly when its traceparent is well-formed, and sends on only well-formed fields', () => {
    const decider = new TraceDecider({
      random: seededRandom(5),
      clock: new FakeClock(),
      sink: () => undefined,
      ratio: 0,
    });
    const target = { method: 'GET', upstream: 'a', endpointId: 'a-1', host: 'h', port: 1 };
    fc.assert(
      fc.property(headers, (header) => {
        const decision = decider.decide(header, undefined);
        const match = grammar.exec(header);
        const valid = match !== null && (match[1] !== '00' || match[3] === undefined);
        const sampled = valid && (Number.parseInt(match[2] ?? '0', 16) & 1) === 1;
        expect(decision instanceof SampledTrace).toBe(sampled);
        const lines = decision instanceof SampledTrace ? traceLines(decision.startAttempt(target).fields) : decision;
        expect(lines === undefined).toBe(valid && !sampled);
        if (lines !== undefined) expect(/^traceparent: (.*)\r$/m.exec(lines)?.[1]).toMatch(wellFormed);
      }),
      { numRuns: 2000 },
    );
  });

  test('takes any B3 fields without failing', () => {
    const decider = new TraceDecider({
      random: seededRandom(5),
      clock: new FakeClock(),
      sink: () => undefined,
      ratio: 0,
    });
    const text = fc.option(fc.oneof(hex(32), hex(16), fc.constantFrom('0', '1', 'd', 'true'), fc.string()), {
      nil: undefined,
    });
    fc.assert(
      fc.property(text, text, text, text, text, (b3, traceId, spanId, sampled, flags) => {
        const decision = decider.decide(undefined, undefined, b3, { traceId, spanId, sampled, flags });
        const lines = decision instanceof SampledTrace ? undefined : decision;
        expect(lines ?? '').toMatch(/^([\w-]+: [0-9a-f-]+\r\n)*$/);
      }),
      { numRuns: 1000 },
    );
  });

  test('tracestate and baggage are sent on unchanged or not at all, and never with control characters', () => {
    const pieces = fc
      .array(fc.constantFrom('a', 'b1', '=', ',', ';', ' ', '\t', '@', '"', '\n', 'é', '%20', ''))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(pieces, (header) => {
        const state = acceptedTraceState(header);
        if (state !== undefined) expect(state).toBe(header);
        for (const sent of [state ?? '', isSendableBaggage(header) ? header : ''])
          expect(sent).toMatch(/^[\t\x20-\x7e]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
