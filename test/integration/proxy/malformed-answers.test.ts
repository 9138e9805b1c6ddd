import { describe, expect, test } from 'vitest';
import { expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const withLine = (line: string) => `HTTP/1.1 200 OK\r\nX-Before: 1\r\n${line}\r\nContent-Length: 2\r\n\r\nok`;
const withStart = (line: string) => `${line}\r\nContent-Length: 2\r\n\r\nok`;
const framed = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n2\r\nok\r\n0\r\n\r\n`;

const malformed: readonly (readonly [string, string])[] = [
  ['only bare LFs', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
  ['a bare LF after the status line', 'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok'],
  ['a bare LF between fields', withLine('X-A: b\nX-B: c')],
  ['a bare CR in a value', withLine('X-A: b\rX-B: c')],
  ['a bare CR in the reason', withStart('HTTP/1.1 200 O\rK')],
  ['NUL in a value', withLine('X-A: b\0c')],
  ['NUL in the reason', withStart('HTTP/1.1 200 O\0K')],
  ['a blank before the colon', withLine('X-A : b')],
  ['a tab before the colon', withLine('X-A\t: b')],
  ['an obs-fold', withLine('X-A: b\r\n c')],
  ['an obs-fold by tab', withLine('X-A: b\r\n\tc')],
  ['a fold of the first field', 'HTTP/1.1 200 OK\r\n X-A: b\r\nContent-Length: 2\r\n\r\nok'],
  ['a control character in a value', withLine('X-A: b\x01c')],
  ['DEL in a value', withLine('X-A: b\x7fc')],
  ['an empty field name', withLine(': b')],
  ['a line without a colon', withLine('X-A')],
  ['a blank in a name', withLine('X A: b')],
  ['a high byte in a name', withLine('X\xe9A: b')],
  ['status 099', withStart('HTTP/1.1 099 Odd')],
  ['status 000', withStart('HTTP/1.1 000 Odd')],
  ['status 600', withStart('HTTP/1.1 600 Odd')],
  ['status 999', withStart('HTTP/1.1 999 Odd')],
  ['status 1000', withStart('HTTP/1.1 1000 Odd')],
  ['status 20', withStart('HTTP/1.1 20 Odd')],
  ['status 2000', withStart('HTTP/1.1 2000 Odd')],
  ['status 2x0', withStart('HTTP/1.1 2x0 Odd')],
  ['status -20', withStart('HTTP/1.1 -20 Odd')],
  ['status +20', withStart('HTTP/1.1 +20 Odd')],
  ['an empty status', withStart('HTTP/1.1  OK')],
  ['two blanks before the status', withStart('HTTP/1.1  200 OK')],
  ['no blank after the status', withStart('HTTP/1.1 200OK')],
  ['a tab before the status', withStart('HTTP/1.1\t200 OK')],
  ['HTTP/0.9', withStart('HTTP/0.9 200 OK')],
  ['HTTP/2', withStart('HTTP/2 200 OK')],
  ['HTTP/2.0', withStart('HTTP/2.0 200 OK')],
  ['a protocol in small letters', withStart('http/1.1 200 OK')],
  ['ICY', withStart('ICY 200 OK')],
  ['a leading blank', withStart(' HTTP/1.1 200 OK')],
  ['junk', 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'],
  ['junk without an end of line', 'x'.repeat(100)],
  ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46'],
  ['a request', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['zeros', '\0'.repeat(64)],
  ['a length and chunks', framed('Content-Length: 2', 'Transfer-Encoding: chunked')],
  ['two lengths that differ', framed('Content-Length: 2', 'Content-Length: 3')],
  ['length "2,3"', framed('Content-Length: 2,3')],
  ['length "+2"', framed('Content-Length: +2')],
  ['length "-2"', framed('Content-Length: -2')],
  ['length "0x2"', framed('Content-Length: 0x2')],
  ['an empty length', framed('Content-Length:')],
  ['a length beyond all', framed('Content-Length: 18446744073709551618')],
  ['chunked twice', framed('Transfer-Encoding: chunked, chunked')],
  ['two codings', framed('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['an unknown coding', framed('Transfer-Encoding: cow')],
  ['chunked before another coding', framed('Transfer-Encoding: chunked, gzip')],
  ['an empty coding', framed('Transfer-Encoding:')],
  ['a coding with a vertical tab', framed('Transfer-Encoding: \x0bchunked')],
  ['chunks on HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
];

describe.each(['whole', 'byte by byte'] as const)("an upstream's malformed answer becomes a 502 (%s)", (pace) => {
  test.each(malformed)('%s', async (_, bytes) => {
    stage.origin.script = {
      onRequest: async (connection) => {
        if (pace === 'whole') return connection.send(bytes);
        for (const byte of Buffer.from(bytes, 'latin1')) {
          connection.send(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    };
    const client = await stage.client();
    const answer = await client.ask('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx');
    expectOwnAnswer(answer, 502, 'http_protocol_error');
    expect(stage.origin.requests).toHaveLength(1);
    expect(stage.origin.malformed).toEqual([]);
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    await stage.origin.forget();
    const next = client.closing === 'open' ? client : await stage.client();
    await expectNextClean(next, stage.origin, 0);
  });
});

test('reasons and values of high bytes and tabs are relayed as they are', async () => {
  const answer = 'HTTP/1.1 200 Tr\xe8s bien\tdone\r\nX-A:\tb\xff\tc  \r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok';
  stage.origin.script = { onRequest: (connection) => connection.send(answer) };
  const client = await stage.client();
  const { head } = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(head.startLine).toBe('HTTP/1.1 200 Tr\xe8s bien\tdone');
  expect(head.value('x-a')).toBe('b\xff\tc');
  expect(head.value('x-empty')).toBe('');
});
