import { describe, expect, it } from 'vitest';
import {
  fieldLines,
  relayedHeaders,
  requestHeaders,
  requestText,
  responseHeaders,
} from '../../../src/http2/header-text.ts';

const GET = [':method', 'GET', ':scheme', 'http', ':authority', 'orders.localhost', ':path', '/a?b'];
const whole = { isWhole: true };

describe('a request’s fields as a head of HTTP/1.1', () => {
  it('have the authority as Host, cookies in one field, and chunks where no length is told', () => {
    const fields = [...GET, 'x-a', '1', 'cookie', 'a=1', 'x-a', '2', 'cookie', 'b=2'];
    expect(requestText(fields, whole)).toBe(
      'GET /a?b HTTP/1.1\r\nhost: orders.localhost\r\nx-a: 1\r\nx-a: 2\r\ncookie: a=1; b=2\r\n\r\n',
    );
    expect(requestText(GET, { isWhole: false })).toContain('\r\ntransfer-encoding: chunked\r\n');
    expect(requestText([...GET, 'content-length', '5'], { isWhole: false })).not.toContain('transfer-encoding');
  });

  it.each([
    ['a connection field', [...GET, 'connection', 'close']],
    ['Transfer-Encoding', [...GET, 'transfer-encoding', 'chunked']],
    ['a line break in a value', [...GET, 'x-a', '1\r\nx-b: 2']],
    ['a line break in the path', [...GET.slice(0, 6), ':path', '/a\r\nx: y']],
    ['two paths', [...GET, ':path', '/b']],
    ['a pseudo-field after a field', [...GET.slice(0, 6), 'x-a', '1', ':path', '/']],
    ['another Host than the authority', [...GET, 'host', 'victim.localhost']],
    ['two Hosts', [...GET, 'host', 'orders.localhost', 'host', 'orders.localhost']],
    ['no path', GET.slice(0, 6)],
    ['no authority', [':method', 'GET', ':path', '/']],
    ['a URL as its path', [...GET.slice(0, 6), ':path', 'http://victim/']],
    ['* as its path', [...GET.slice(0, 6), ':path', '*']],
  ])('are none with %s', (_what, fields) => expect(requestText(fields, whole)).toBeUndefined());
});

describe('a head of HTTP/1.1 as fields', () => {
  it('has Host as the authority and nothing of the connection', () => {
    const text =
      'PUT /x HTTP/1.1\r\nHost: a:1\r\nX-A: 1\r\nx-a: 2\r\nConnection: TE\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(requestHeaders(text, 'https')).toEqual({
      ':method': 'PUT',
      ':path': '/x',
      ':scheme': 'https',
      ':authority': 'a:1',
      'x-a': ['1', '2'],
      te: 'trailers',
    });
    expect(responseHeaders('HTTP/1.1 204 No Content\r\nX-A: b: c \r\n\r\n')).toEqual({ ':status': 204, 'x-a': 'b: c' });
  });
});

it('an answer’s fields pass without those for the proxy or the connection', () => {
  const raw = [':status', '200', 'set-cookie', 'a', 'keep-alive', '5', 'proxy-authenticate', 'x', 'set-cookie', 'b'];
  expect(relayedHeaders(raw, 200)).toEqual({ ':status': 200, 'set-cookie': ['a', 'b'] });
  expect(fieldLines(raw)).toBe('set-cookie: a\r\nset-cookie: b\r\n');
});
