import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonLine, prettyLine } from '../../../src/telemetry/log-line.ts';

/** Any UTF-16 unit, lone surrogates too. (fast-check's 'binary' takes a second and a half to set up.) */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
const anything = fc.oneof(
  fc.string({ unit: anyUnit, maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc
    .array(fc.constantFrom('\n', '\r', '\u001b[', '\u0000', '\u2028', '"', '\\', '?a=', '&', 'token=', 'Bearer ', 'x'))
    .map((parts) => parts.join('')),
);

describe('a log line', () => {
  test('is one line of JSON, whatever it is about', () => {
    fc.assert(
      fc.property(anything, anything, (message, value) => {
        const line = jsonLine(1_700_000_000_123, 'info', message, { path: value, list: [value] });
        expect(line.match(/\n/g)).toHaveLength(1);
        expect(line.endsWith('\n')).toBe(true);
        expect(JSON.parse(line)).toMatchObject({ time: '2023-11-14T22:13:20.123Z', level: 'info' });
      }),
      { numRuns: 500 },
    );
  });

  test('says what it was given when there is no secret in it', () => {
    const harmless = anything.filter((text) => !/[=@]|bearer|basic|token/i.test(text) && text.length <= 4096);
    fc.assert(
      fc.property(harmless, (value) => {
        expect(JSON.parse(jsonLine(0, 'info', 'm', { value })).value).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  test('never shows the value of a query', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~%'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (names) => {
        const target = `/api?${names.map((each) => `${each}=s3cret`).join('&')}`;
        expect(jsonLine(0, 'info', target, { target })).not.toContain('s3cret');
      }),
    );
  });

  test('in its pretty form is one line without control characters but its own colours', () => {
    const format = prettyLine(true);
    fc.assert(
      fc.property(anything, anything, (message, value) => {
        const line = format(1_700_000_000_123, 'warn', message, { value });
        const bare = line.replaceAll('\u001b[33m', '').replaceAll('\u001b[2m', '').replaceAll('\u001b[0m', '');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(bare).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*\n$/);
      }),
      { numRuns: 500 },
    );
  });
});
