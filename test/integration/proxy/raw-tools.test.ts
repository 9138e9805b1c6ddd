import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../support/raw-answer.ts';
import { PACES, RawClient } from '../../support/raw-client.ts';
import { readRequest } from '../../support/raw-request.ts';
import { OK, RecordingOrigin } from '../../support/recording-origin.ts';

/** The judges are judged first: a suite whose client or origin forgives would prove nothing. */
describe('the raw client', () => {
  test.each([
    ['a length that is there twice', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a bare LF', 'HTTP/1.1 200 OK\nA: b\r\n\r\n'],
    ['a blank before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
    ['status 099', 'HTTP/1.1 099 Odd\r\n\r\n'],
    [
      'a chunk that is longer than its size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n',
    ],
    ['a 204 with a length', 'HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n'],
  ])('refuses %s', (_, bytes) => {
    expect(() => readAnswer(Buffer.from(bytes, 'latin1'), { method: 'GET', ended: true })).toThrow();
  });

  test('tells what came after an answer from the answer', async () => {
    await using origin = await RecordingOrigin.start({ onRequest: (connection) => connection.send(`${OK}junk`) });
    await using client = await RawClient.connect(origin);
    expect((await client.ask('GET / HTTP/1.1\r\nHost: h\r\n\r\n')).body.toString()).toBe('ok');
    await client.sees('junk');
    expect(client.unread.toString()).toBe('junk');
  });

  test('tells a reset from an end', async () => {
    await using origin = await RecordingOrigin.start({ onRequest: (connection) => connection.reset() });
    await using client = await RawClient.connect(origin);
    await client.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(await client.whenClosed()).toBe('reset');
  });
});

describe('the recording origin', () => {
  test.each(PACES)('counts pipelined requests one by one and keeps their bytes (%j)', async (pace) => {
    await using origin = await RecordingOrigin.start();
    await using client = await RawClient.connect(origin);
    const bytes =
      'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n' +
      'GET /b HTTP/1.1\r\nHost: h\r\n\r\n';
    await client.write(bytes, pace);
    await origin.whenRequests(2);
    expect(origin.requests.map(({ target, body }) => `${target} ${body}`)).toEqual(['/a abc', '/b ']);
    expect(origin.requests[0]?.chunkSizeLines).toEqual(['3;x=y', '0']);
    expect(origin.requests[0]?.trailers).toEqual(['T: 1']);
    expect(origin.connections[0]?.bytes.toString()).toBe(bytes);
    expect(origin.restBytes).toBe(0);
  });

  test('says when what it got is no request', async () => {
    await using origin = await RecordingOrigin.start();
    await using client = await RawClient.connect(origin);
    await client.write('GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n');
    expect(await origin.until(() => origin.malformed[0], 'a verdict')).toContain('not a field line');
  });

  test.each([
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.0\r\nHost: h\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ])('does not take %j for a request', (bytes) => {
    expect(() => readRequest(Buffer.from(bytes, 'latin1'))).toThrow();
  });
});
