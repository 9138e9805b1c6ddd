import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8 } from '../../../src/dev-agent/store/utf8-order.ts';
import { formatGoDuration, parseGoDuration } from '../../../src/dev-agent/wire/duration.ts';
import { JsonSyntaxError, parseJson } from '../../../src/dev-agent/wire/go-json.ts';
import { stringify, toPlain } from '../../../src/dev-agent/wire/json-value.ts';

describe('the JSON parser', () => {
  it('reads what JSON.parse reads, as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(stringify(toPlain(parseJson(text)))).toBe(stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses a document cut short, and never anything but a syntax error', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = `[${text}`.slice(0, 1 + (at % text.length));
        expect(() => parseJson(cut)).toThrow(JsonSyntaxError);
      }),
    );
  });

  it('keeps every unsigned 64-bit integer exact, both ways', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (flags) => {
        expect(stringify(toPlain(parseJson(`{"Flags":${flags}}`)))).toBe(`{"Flags":${flags}}`);
      }),
    );
  });
});

describe('durations', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (ms) => {
        expect(Math.abs(parseGoDuration(formatGoDuration(ms)) - ms)).toBeLessThan(1e-3);
      }),
    );
  });
});

/** Code points on both sides of where UTF-16 and UTF-8 sort differently. */
const keys = fc
  .array(fc.constantFrom('a', '/', 'é', '日', '\ud7ff', '\ue000', '\uffff', '😀'))
  .map((parts) => parts.join(''));

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        expect(Math.sign(compareUtf8(one, other))).toBe(
          Math.sign(Buffer.compare(Buffer.from(one), Buffer.from(other))),
        );
      }),
    );
  });
});
