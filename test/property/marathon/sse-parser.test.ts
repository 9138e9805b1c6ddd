import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SseMessage, SseParser } from '../../../src/marathon/sse-parser.ts';

const LIMIT = 10_000;

function inParts(bytes: Buffer, cuts: readonly number[]): SseMessage[] {
  const parser = new SseParser(LIMIT);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let at = 0;
  return ends.flatMap((end) => {
    const part = bytes.subarray(at, end);
    at = Math.max(at, end);
    return [...parser.push(part)];
  });
}

/** Marathon's own, with a comment, several lines, and characters of two, three and four bytes. */
const STREAM = Buffer.from(
  '\uFEFFevent: a\r\ndata: {"ä":"€ 😀"}\r\n\r\n:\r\n\r\ndata: 1\rdata: 2\r\revent: b\ndata: x\n\n\r\ndata:end\r\n\r\n',
);
const EVENTS = [
  { event: 'a', data: '{"ä":"€ 😀"}' },
  { event: 'message', data: '1\n2' },
  { event: 'b', data: 'x' },
  { event: 'message', data: 'end' },
];

describe('an event stream', () => {
  it('means the same wherever it is split once', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) expect(inParts(STREAM, [cut]), `at ${cut}`).toEqual(EVENTS);
  });

  it('means the same byte by byte', () => {
    expect(inParts(STREAM, [...STREAM.keys()])).toEqual(EVENTS);
  });

  it('of anything means the same however it is split', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', ':', '\0', '\r', '\n', 'ä', '€', '😀', '\uFEFF'),
      maxLength: 12,
    });
    const line = fc.oneof(
      fc.constantFrom('', ':', 'data', 'data:', 'data: ', 'event: a', 'event', ': note', 'id: 1', 'data:x:y'),
      text.map((value) => `data: ${value}`),
      text,
    );
    const end = fc.constantFrom('\r', '\n', '\r\n');
    const stream = fc.array(fc.tuple(line, end), { maxLength: 20 }).map((lines) => Buffer.from(lines.flat().join('')));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(400), { maxLength: 12 }), (bytes, cuts) => {
        expect(inParts(bytes, cuts)).toEqual(inParts(bytes, []));
      }),
      { numRuns: 1_000 },
    );
  });

  it('of any bytes at all breaks nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, cut) => {
        const buffer = Buffer.from(bytes);
        expect(inParts(buffer, [cut])).toEqual(inParts(buffer, []));
      }),
    );
  });
});
