import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropTable, Field } from '../../../src/http1/field.ts';
import { INCOMPLETE, REFUSED } from '../../../src/http1/field-block.ts';
import { RequestHead } from '../../../src/http1/request-head.ts';
import { ResponseHead } from '../../../src/http1/response-head.ts';

const limits = { headBytes: 65_536, fields: 64, targetBytes: 1024 };
const tokenChar = fc.constantFrom(..."abcxyzABCXYZ0189!#$%&'*+-.^`|~");
const name = fc.string({ unit: tokenChar, minLength: 1, maxLength: 12 }).map((text) => `q${text}`);
const valueChar = fc.constantFrom(...'ab ,;="/\t', '\x80', '\xff', '!', '~');
const value = fc.string({ unit: valueChar, maxLength: 20 });
const field = fc.tuple(name, fc.constantFrom('', ' ', '\t '), value);
const fields = fc.array(field, { maxLength: 20 });
const lines = (list: readonly (readonly [string, string, string])[]) =>
  list.map(([key, space, text]) => `${key}:${space}${text}\r\n`).join('');

test('every field of a request is kept byte for byte, but the hop-by-hop ones between them', () => {
  const drop = dropTable([Field.CONNECTION, Field.KEEP_ALIVE, Field.HOST]);
  fc.assert(
    fc.property(fields, fields, fields, (before, between, after) => {
      const head = new RequestHead(limits);
      const text = `GET /x HTTP/1.1\r\n${lines(before)}Host: h\r\n${lines(between)}keep-alive: 5\r\nConnection: close\r\n${lines(after)}\r\n`;
      const bytes = Buffer.from(text, 'latin1');
      expect(head.parse(bytes, 0, bytes.length)).toBe(text.length);
      expect(head.fields.kept(bytes, drop, head.nominated)).toBe(lines([...before, ...between, ...after]));
      expect(head.fields.count).toBe(before.length + between.length + after.length + 3);
    }),
  );
});

test('a nominated name, and nothing else, is left behind', () => {
  fc.assert(
    fc.property(fields, name, (list, hop) => {
      const head = new RequestHead(limits);
      const text = `GET /x HTTP/1.1\r\nHost: h\r\nConnection: ${hop}\r\n${lines(list)}${hop}: 1\r\n\r\n`;
      const bytes = Buffer.from(text, 'latin1');
      expect(head.parse(bytes, 0, bytes.length)).toBe(text.length);
      const stay = list.filter(([key]) => key.toLowerCase() !== hop.toLowerCase());
      expect(head.fields.kept(bytes, dropTable([Field.HOST, Field.CONNECTION]), head.nominated)).toBe(lines(stay));
    }),
  );
});

test('any bytes are refused, incomplete or a head; a head is incomplete until its last byte', () => {
  const piece = fc.constantFrom(
    'GET ',
    '/',
    ' ',
    'HTTP/1.1',
    'HTTP/1.0',
    '\r\n',
    '\r',
    '\n',
    'Host: a',
    ':',
    'X',
    '200 OK',
    '\0',
    '\t',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), fc.boolean(), (pieces, isRequest) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1');
      const head = isRequest ? new RequestHead(limits) : new ResponseHead(limits);
      const after = head.parse(bytes, 0, bytes.length);
      expect(
        after === INCOMPLETE || after === REFUSED || bytes.toString('latin1', after - 4, after) === '\r\n\r\n',
      ).toBe(true);
      for (let end = 0; end < after; end++) expect(head.parse(bytes, 0, end)).toBe(INCOMPLETE);
    }),
    { numRuns: 3000 },
  );
});
