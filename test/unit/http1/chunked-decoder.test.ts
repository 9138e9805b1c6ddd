import { describe, expect, test } from 'vitest';
import { decodeChunks } from '../../support/http1-chunks.ts';

describe('a chunked body', () => {
  test('passes as it came', () => {
    const body = '5\r\nhello\r\n0A\r\n0123456789\r\n0\r\n\r\n';
    expect(decodeChunks(`${body}GET /`)).toEqual({
      passed: body,
      content: 'hello0123456789',
      end: 'whole',
      rest: 'GET /',
    });
  });

  test('loses its extensions', () => {
    const { passed, end } = decodeChunks('5;a=b;c="d e"\r\nhello\r\n0;last\r\n\r\n');
    expect([passed, end]).toEqual(['5\r\nhello\r\n0\r\n\r\n', 'whole']);
  });

  test('keeps trailers that may be passed on, and no others', () => {
    const { passed } = decodeChunks(
      '0\r\nX-Sum: 1\r\nContent-Length: 5\r\nHost: a\r\nauthorization: b\r\nSet-Cookie: c\r\nVary: d\r\nx-more:2\r\n\r\n',
    );
    expect(passed).toBe('0\r\nX-Sum: 1\r\nx-more:2\r\n\r\n');
  });

  test('shows no part of a size before the size is whole, wherever it is cut', () => {
    const body = '5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n';
    const sizeLines = [
      [0, 3],
      [10, 14],
      [32, body.length],
    ] as const;
    for (let cut = 0; cut < body.length; cut++) {
      const { passed, end } = decodeChunks(body.slice(0, cut), [1, 4, 11]);
      expect(end, `after ${cut} bytes`).toBe('incomplete');
      expect(body.startsWith(passed), `after ${cut} bytes: ${JSON.stringify(passed)}`).toBe(true);
      for (const [from, to] of sizeLines) {
        expect(passed.length > from && passed.length < to, `after ${cut} bytes: ${JSON.stringify(passed)}`).toBe(false);
      }
    }
  });

  test.each([
    ['no size', '\r\nhello'],
    ['a sign', '+5\r\nhello\r\n'],
    ['0x', '0x5\r\nhello\r\n'],
    ['white space before the size', ' 5\r\nhello\r\n'],
    ['white space after the size', '5 \r\nhello\r\n'],
    ['a size beyond all bounds', '10000000000000\r\n'],
    ['a bare LF after the size', '5\nhello\r\n'],
    ['a bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
    ['data longer than its size', '4\r\nhello\r\n'],
    ['a control character in an extension', '5;a\0b\r\nhello\r\n'],
    ['a bare LF in an extension', '5;a\nhello\r\n'],
    ['endless extensions', `5;${'a'.repeat(5000)}`],
    ['folded trailers', '0\r\nX: y\r\n z\r\n\r\n'],
    ['a trailer without a name', '0\r\n: y\r\n\r\n'],
    ['endless trailers', `0\r\n${'X: y\r\n'.repeat(100)}\r\n`],
  ])('is refused for %s', (_, body) => {
    expect(decodeChunks(body).end).toBe('refused');
    expect(
      decodeChunks(
        body,
        Array.from(body, (_char, index) => index),
      ).end,
    ).toBe('refused');
  });
});
