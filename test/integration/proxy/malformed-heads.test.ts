import { describe, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectNextClean, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const withLine = (line: string) => `GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${line}\r\nX-After: 1\r\n\r\n`;
const withStart = (line: string) => `${line}\r\nHost: localhost\r\n\r\n`;

const malformed: readonly (readonly [string, string])[] = [
  ['only bare LFs', 'GET /svc/x HTTP/1.1\nHost: localhost\n\n'],
  ['a bare LF after the request line', 'GET /svc/x HTTP/1.1\nHost: localhost\r\n\r\n'],
  ['a bare LF between fields', withLine('X-A: b\nX-B: c')],
  ['a bare LF before the end', 'GET /svc/x HTTP/1.1\r\nHost: localhost\n\r\n'],
  ['a bare LF as the end', 'GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\n'],
  ['a bare CR in a value', withLine('X-A: b\rX-B: c')],
  ['a bare CR in a name', withLine('X\r-A: b')],
  ['a CR before the CRLF', withLine('X-A: b\r')],
  ['only bare CRs', 'GET /svc/x HTTP/1.1\rHost: localhost\r\r\r\n\r\n'],
  ['a bare CR in the request line', withStart('GET /svc/x\rHTTP/1.1')],
  ['NUL in a value', withLine('X-A: b\0c')],
  ['NUL in a name', withLine('X\0A: b')],
  ['NUL in the target', withStart('GET /svc/\0 HTTP/1.1')],
  ['a blank before the colon', withLine('X-A : b')],
  ['a tab before the colon', withLine('X-A\t: b')],
  ['a blank before the colon of Content-Length', withLine('Content-Length : 5')],
  ['a blank before the colon of Transfer-Encoding', withLine('Transfer-Encoding : chunked')],
  ['an obs-fold', withLine('X-A: b\r\n c')],
  ['an obs-fold by tab', withLine('X-A: b\r\n\tc')],
  ['an empty obs-fold', withLine('X-A: b\r\n ')],
  ['a fold of the first field', 'GET /svc/x HTTP/1.1\r\n X-A: b\r\nHost: localhost\r\n\r\n'],
  ['a folded Transfer-Encoding', withLine('Transfer-Encoding:\r\n chunked')],
  ['an empty field name', withLine(': b')],
  ['a line without a colon', withLine('X-A')],
  ['a blank in a name', withLine('X A: b')],
  ['a leading blank in a name', withLine(' X-A: b')],
  ['a vertical tab before the coding', withLine('Transfer-Encoding: \x0bchunked')],
  ...['(', ')', ',', '/', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '{', '}', '"', '\x7f', '\x80', '\xff'].map(
    (char) => [`${JSON.stringify(char)} in a name`, withLine(`X${char}A: b`)] as const,
  ),
  ...[1, 2, 7, 8, 11, 12, 14, 27, 31, 127].map(
    (code) => [`control character ${code} in a value`, withLine(`X-A: b${String.fromCharCode(code)}c`)] as const,
  ),
  ['no version', withStart('GET /svc/x')],
  ['HTTP/0.9', withStart('GET /svc/x HTTP/0.9')],
  ['HTTP/2.0 on an HTTP/1 request', withStart('GET /svc/x HTTP/2.0')],
  ['HTTP/3.1', withStart('GET /svc/x HTTP/3.1')],
  ['HTTP/1.10', withStart('GET /svc/x HTTP/1.10')],
  ['HTTP/11', withStart('GET /svc/x HTTP/11')],
  ['HTTP/1.', withStart('GET /svc/x HTTP/1.')],
  ['HTTP/01.1', withStart('GET /svc/x HTTP/01.1')],
  ['a version in small letters', withStart('GET /svc/x http/1.1')],
  ['another protocol', withStart('GET /svc/x HTTPS/1.1')],
  ['ICY', withStart('GET /svc/x ICY/1.1')],
  ['a blank after the version', withStart('GET /svc/x HTTP/1.1 ')],
  ['two blanks after the method', withStart('GET  /svc/x HTTP/1.1')],
  ['two blanks before the version', withStart('GET /svc/x  HTTP/1.1')],
  ['a tab after the method', withStart('GET\t/svc/x HTTP/1.1')],
  ['a tab before the version', withStart('GET /svc/x\tHTTP/1.1')],
  ['a leading blank', withStart(' GET /svc/x HTTP/1.1')],
  ['no method', withStart('/svc/x HTTP/1.1')],
  ['an empty method', withStart(' /svc/x HTTP/1.1')],
  ['no target', withStart('GET HTTP/1.1')],
  ['an empty target', withStart('GET  HTTP/1.1')],
  ['a method that is no token', withStart('G(T /svc/x HTTP/1.1')],
  ['a method with a colon', withStart('GET: /svc/x HTTP/1.1')],
  ['a method of a high byte', withStart('G\xcbT /svc/x HTTP/1.1')],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n'],
  ['an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['zeros', `${'\0'.repeat(64)}\r\n\r\n`],
];

describe.each(PACES)('a malformed head is refused and the connection closed (%j)', (pace) => {
  test.each(malformed)('%s', async (_, bytes) => {
    const client = await stage.client();
    await client.write(bytes, pace);
    await expectRefused(client, stage.origin);
  });
});

test.each(malformed)('after a good request on the same connection: %s', async (_, bytes) => {
  const client = await stage.client();
  await expectNextClean(client, stage.origin, 0);
  await stage.origin.forget();
  await client.write(bytes);
  await expectRefused(client, stage.origin);
});
