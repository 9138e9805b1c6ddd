import { describe, expect, test } from 'vitest';
import { dropTable, Field } from '../../../src/http1/field.ts';
import { INCOMPLETE, REFUSED } from '../../../src/http1/field-block.ts';
import { ResponseHead } from '../../../src/http1/response-head.ts';

const limits = { headBytes: 4096, fields: 16, targetBytes: 64 };

function parse(text: string, head: ResponseHead = new ResponseHead(limits)): number {
  const bytes = Buffer.from(text, 'latin1');
  return head.parse(bytes, 0, bytes.length);
}

function parsed(lines: string): ResponseHead {
  const head = new ResponseHead(limits);
  expect(parse(`${lines}\r\n\r\n`, head), head.fault.reason).toBe(lines.length + 4);
  return head;
}

describe('an answer', () => {
  test('is passed on with its status line, all but the dropped and nominated fields, in order and case', () => {
    const head = parsed(
      'HTTP/1.1 299 Qu\xe9 \r\nset-Cookie: a\r\nConnection: x-Y\r\nX-y: 1\r\nSet-Cookie:b\r\nKeep-Alive: timeout=7\r\nZ:',
    );
    expect(head.kept(dropTable([Field.CONNECTION, Field.KEEP_ALIVE]))).toBe(
      'HTTP/1.1 299 Qu\xe9 \r\nset-Cookie: a\r\nSet-Cookie:b\r\nZ:\r\n',
    );
    expect(head.keepAliveSeconds).toBe(7);
  });

  test('of HTTP/1.0 is passed on as HTTP/1.1', () => {
    const head = parsed('HTTP/1.0 200 OK\r\nA: b');
    expect(head.kept(dropTable([]))).toBe('HTTP/1.1 200 OK\r\nA: b\r\n');
    expect(head.keepAlive).toBe(false);
  });

  test('without fields keeps its status line', () => {
    expect(parsed('HTTP/1.1 204 ').kept(dropTable([]))).toBe('HTTP/1.1 204 \r\n');
  });

  test.each([
    ['a GET', 'HTTP/1.1 200 OK\r\nContent-Length: 5', false, 'length'],
    ['an empty GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0', false, 'none'],
    ['a GET without a length', 'HTTP/1.1 200 OK', false, 'close'],
    ['a chunked GET', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', false, 'chunked'],
    ['a HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5', true, 'none'],
    ['204', 'HTTP/1.1 204 No\r\nContent-Length: 5', false, 'none'],
    ['304', 'HTTP/1.1 304 No\r\nContent-Length: 5', false, 'none'],
    ['103', 'HTTP/1.1 103 Early Hints', false, 'none'],
  ])('to %s ends where it should', (_, lines, toHead, framing) => {
    expect(parsed(lines).bodyFraming(toHead)).toBe(framing);
  });

  test('is incomplete as long as one byte is missing', () => {
    const text = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n';
    for (let end = 0; end < text.length; end++) expect(parse(text.slice(0, end)), `${end} bytes`).toBe(INCOMPLETE);
  });

  test.each([
    'HTTP/1.1 099 Low',
    'HTTP/1.1 600 High',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/2 200 OK',
    'HTTP/1.2 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1 200 O\0K',
    'ICY 200 OK',
    'HTTP/1.1 200 OK\nA: b',
    'HTTP/1.1 200 OK\r\nA : b',
    'HTTP/1.1 200 OK\r\n A: b',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked',
  ])('is refused: %j', (lines) => {
    expect(parse(`${lines}\r\n\r\n`)).toBe(REFUSED);
  });
});
