import { describe, expect, test } from 'vitest';
import { INCOMPLETE, REFUSED } from '../../../src/http1/field-block.ts';
import { Method } from '../../../src/http1/method.ts';
import { RequestHead } from '../../../src/http1/request-head.ts';

const limits = { headBytes: 4096, fields: 8, targetBytes: 64 };

function parse(text: string, head: RequestHead = new RequestHead(limits)): number {
  const bytes = Buffer.from(text, 'latin1');
  return head.parse(bytes, 0, bytes.length);
}

function parsed(lines: string): RequestHead {
  const head = new RequestHead(limits);
  const text = `${lines}\r\n\r\n`;
  expect(parse(text, head), head.fault.reason).toBe(text.length);
  return head;
}

describe('a request head', () => {
  test('gives method, target and version as they came', () => {
    const head = parsed('pAtCh /a//b%zz?x=1&y HTTP/1.1\r\nHost: a');
    expect([head.method, head.methodIndex, head.target, head.minorVersion]).toEqual([
      'pAtCh',
      Method.OTHER,
      '/a//b%zz?x=1&y',
      1,
    ]);
  });

  test('takes a body by its length', () => {
    const head = parsed('POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: \t 0012 ');
    expect([head.framing, head.contentLength]).toEqual(['length', 12]);
  });

  test('takes a chunked body whatever the case of the coding', () => {
    expect(parsed('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED').framing).toBe('chunked');
  });

  test('has no body when it says none', () => {
    expect(parsed('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0').framing).toBe('none');
  });

  test.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close', false],
    ['HTTP/1.1', 'Connection: x, Close ', false],
    ['HTTP/1.1', 'Connection: keep-alive\r\nConnection: close', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive', true],
  ])('over %s with "%s" says whether the connection is kept: %s', (version, line, keepAlive) => {
    expect(parsed(`GET / ${version}\r\nHost: a${line === '' ? '' : `\r\n${line}`}`).keepAlive).toBe(keepAlive);
  });

  test('asks for a WebSocket only if Connection nominates the upgrade, on a GET of HTTP/1.1', () => {
    const upgrade = 'Host: a\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade';
    expect(parsed(`GET / HTTP/1.1\r\n${upgrade}`).upgradesToWebSocket).toBe(true);
    expect(parsed(`POST / HTTP/1.1\r\n${upgrade}`).upgradesToWebSocket).toBe(false);
    expect(parsed(`GET / HTTP/1.0\r\n${upgrade}`).upgradesToWebSocket).toBe(false);
    expect(parsed('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket').upgradesToWebSocket).toBe(false);
  });

  test('forgets the request before it', () => {
    const head = parsed('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nVia: x\r\nConnection: y, close');
    parse('GET / HTTP/1.1\r\nHost: a\r\n\r\n', head);
    expect([head.framing, head.contentLength, head.via, head.nominated, head.keepAlive]).toEqual([
      'none',
      0,
      -1,
      undefined,
      true,
    ]);
  });

  test('is incomplete as long as one byte is missing', () => {
    const text = 'POST /a HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\nContent-Length: 3\r\n\r\n';
    for (let end = 0; end < text.length; end++) expect(parse(text.slice(0, end)), `${end} bytes`).toBe(INCOMPLETE);
    expect(parse(text)).toBe(text.length);
  });
});

const refused: readonly (readonly [string, string])[] = [
  ['no method', ' / HTTP/1.1\r\nHost: a'],
  ['a method that is no token', 'GE(T / HTTP/1.1\r\nHost: a'],
  ['two spaces', 'GET  / HTTP/1.1\r\nHost: a'],
  ['a fragment', 'GET /# HTTP/1.1\r\nHost: a'],
  ['a backslash', 'GET /\\ HTTP/1.1\r\nHost: a'],
  ['a byte above ASCII in the target', 'GET /\xe9 HTTP/1.1\r\nHost: a'],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a'],
  ['lower-case http', 'GET / http/1.1\r\nHost: a'],
  ['no version', 'GET /\r\nHost: a'],
  ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: a'],
  ['a bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\nX: y'],
  ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\rb'],
  ['NUL', 'GET / HTTP/1.1\r\nHost: a\0'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a'],
  ['folding', 'GET / HTTP/1.1\r\nHost: a\r\n b'],
  ['an empty name', 'GET / HTTP/1.1\r\nHost: a\r\n: b'],
  ['a line without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nb'],
  ['no Host', 'GET / HTTP/1.1\r\nX: y'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a'],
  ['two lengths, though equal', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1'],
  ...['', '+5', '-1', '0x5', '5,6', '5, 5', '1 2', '9999999999999999'].map(
    (length) => [`the length "${length}"`, `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}`] as const,
  ),
  ...['', 'gzip', 'chunked, chunked', ',chunked', 'gzip, chunked', 'chunked;q=1'].map(
    (coding) => [`the coding "${coding}"`, `GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${coding}`] as const,
  ),
  ['chunks over HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked'],
  ['a length and a coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3'],
  ['another expectation', 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok'],
  ['a Connection member that is no token', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: a b'],
];

describe('a request head is refused', () => {
  test.each(refused)('for %s', (_, lines) => {
    expect(parse(`${lines}\r\n\r\n`)).toBe(REFUSED);
  });

  test('with the limit that it breaks', () => {
    const head = new RequestHead(limits);
    expect(parse(`GET /${'a'.repeat(64)} HTTP/1.1\r\nHost: a\r\n\r\n`, head)).toBe(REFUSED);
    expect(head.fault.code).toBe('target_too_long');
    expect(parse(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(8)}\r\n`, head)).toBe(REFUSED);
    expect(head.fault.code).toBe('head_too_large');
  });
});
