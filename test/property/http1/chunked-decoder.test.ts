import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeChunks } from '../../support/http1-chunks.ts';

const content = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
  minLength: 1,
});
const extension = fc.constantFrom('', '', ';a', ';a=b', ';q="x y"\t;z');
const chunk = fc.tuple(content, extension, fc.nat(2), fc.boolean());
const body = fc.tuple(
  fc.array(chunk, { maxLength: 6 }),
  extension,
  fc.constantFrom('', 'X-A: 1\r\n', 'X-A: 1\r\nB:2\r\n'),
);
const cuts = fc.array(fc.nat(400), { maxLength: 12 });

function write([chunks, lastExtension, trailers]: typeof body extends fc.Arbitrary<infer T> ? T : never): string {
  const parts = chunks.map(([data, ext, zeros, upper]) => {
    const size = data.length.toString(16);
    return `${'0'.repeat(zeros)}${upper ? size.toUpperCase() : size}${ext}\r\n${data}\r\n`;
  });
  return `${parts.join('')}0${lastExtension}\r\n${trailers}\r\n`;
}

test('the content is the same however the body is chunked and cut, and what is passed on decodes to it again', () => {
  fc.assert(
    fc.property(body, cuts, fc.constantFrom('', 'GET / HTTP/1.1\r\n'), (made, at, next) => {
      const expected = made[0].map(([data]) => data).join('');
      const decoded = decodeChunks(write(made) + next, at);
      expect([decoded.content, decoded.end, decoded.rest]).toEqual([expected, 'whole', next]);
      const again = decodeChunks(decoded.passed);
      expect([again.content, again.end, again.rest]).toEqual([expected, 'whole', '']);
      expect(again.passed).toBe(decoded.passed);
    }),
    { numRuns: 500 },
  );
});

test('arbitrary bytes are refused, incomplete or a body, and mean the same whole and cut', () => {
  const soup = fc.array(fc.constantFrom('0', '1', 'a', 'F', '\r\n', '\r', '\n', ';', ' ', 'x', ':', '\0'), {
    maxLength: 24,
  });
  fc.assert(
    fc.property(soup, cuts, (parts, at) => {
      const text = parts.join('');
      const whole = decodeChunks(text);
      const cut = decodeChunks(text, at);
      // A trailer line that comes in pieces is judged once it is whole, so that many small pieces cost no more than one.
      const isPending = cut.end === 'incomplete' && whole.end === 'refused';
      expect(isPending ? decodeChunks(`${text}\n`, at).end : cut.end).toBe(whole.end);
      if (whole.end === 'refused') return;
      expect([cut.content, cut.rest]).toEqual([whole.content, whole.rest]);
      // A size that was cut is written anew: the same number, perhaps in other digits.
      expect(decodeChunks(cut.passed).content).toBe(decodeChunks(whole.passed).content);
    }),
    { numRuns: 2000 },
  );
});
