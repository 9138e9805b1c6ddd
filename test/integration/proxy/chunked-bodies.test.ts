import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectOwnAnswer, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const HEAD = 'POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

const good: readonly (readonly [string, string, string])[] = [
  ['a plain size', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['leading zeros', '0005\r\nhello\r\n000\r\n\r\n', 'hello'],
  ['small hex digits', `a\r\n${'x'.repeat(10)}\r\n0\r\n\r\n`, 'x'.repeat(10)],
  ['large hex digits', `1F\r\n${'x'.repeat(31)}\r\n0\r\n\r\n`, 'x'.repeat(31)],
  ['an extension', '5;a=b\r\nhello\r\n0;last\r\n\r\n', 'hello'],
  ['a quoted extension', '5;a="b;c\\"d"\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['many chunks', `${'1\r\nx\r\n'.repeat(300)}0\r\n\r\n`, 'x'.repeat(300)],
  ['CRLFs as data', '4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
  ['what looks like the end as data', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'],
];
const bad: readonly (readonly [string, string])[] = [
  ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
  ['a leading blank', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a blank after the size', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a tab after the size', '5\t\r\nhello\r\n0\r\n\r\n'],
  ['a plus sign', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a minus sign', '-5\r\nhello\r\n0\r\n\r\n'],
  ['a 0x prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
  ['a letter beyond f', 'g\r\nhello\r\n0\r\n\r\n'],
  ['a trailing h', '5h\r\nhello\r\n0\r\n\r\n'],
  ['a size of 17 digits', `${'0'.repeat(16)}5\r\nhello\r\n0\r\n\r\n`],
  ['a size beyond 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['a size beyond what numbers hold', 'fffffffffffffff\r\nhello\r\n0\r\n\r\n'],
  ['a size that is negative in 32 bits', '-80000000\r\nhello\r\n0\r\n\r\n'],
  ['a bare LF after the size', '5\nhello\r\n0\r\n\r\n'],
  ['a bare CR after the size', '5\rhello\r\n0\r\n\r\n'],
  ['a second CR after the size', '5\r\r\nhello\r\n0\r\n\r\n'],
  ['no CRLF after the data', '5\r\nhello0\r\n\r\n'],
  ['a bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
  ['more data than the size says', '4\r\nhello\r\n0\r\n\r\n'],
  ['less data than the size says', '6\r\nhello\r\n0\r\n\r\n'],
  ['a bare LF in an extension', '5;a=b\nc\r\nhello\r\n0\r\n\r\n'],
  ['a bare CR in an extension', '5;a=b\rc\r\nhello\r\n0\r\n\r\n'],
  ['NUL in an extension', '5;a=\0\r\nhello\r\n0\r\n\r\n'],
  ['an endless extension', `5;a=${'b'.repeat(70_000)}\r\nhello\r\n0\r\n\r\n`],
  ['a bare LF as the end', '5\r\nhello\r\n0\r\n\n'],
  ['a trailer with a blank before the colon', '5\r\nhello\r\n0\r\nX-A : b\r\n\r\n'],
  ['a folded trailer', '5\r\nhello\r\n0\r\nX-A: b\r\n c\r\n\r\n'],
  ['a trailer with a bare LF', '5\r\nhello\r\n0\r\nX-A: b\nX-B: c\r\n\r\n'],
  ['a trailer with NUL', '5\r\nhello\r\n0\r\nX-A: \0\r\n\r\n'],
  ['a trailer without a name', '5\r\nhello\r\n0\r\n: b\r\n\r\n'],
  ['endless trailers', `5\r\nhello\r\n0\r\n${`X-A: ${'b'.repeat(1000)}\r\n`.repeat(200)}\r\n`],
];

describe.each(PACES)('chunks of a request (%j)', (pace) => {
  test.each(good)('%s are read, and their framing is written anew', async (_, chunks, body) => {
    const client = await stage.client();
    await client.ask(HEAD + chunks, pace);
    const lines = ['Transfer-Encoding: chunked'];
    expectForwarded(stage.origin.requests[0], { method: 'POST', target: '/x', lines, body });
    await expectNextClean(client, stage.origin, 1);
  });

  const paced = pace === 'whole' ? bad : bad.filter(([, chunks]) => chunks.length < 1000);
  test.each(paced)('%s: refused, and no whole request reaches the origin', async (_, chunks) => {
    const client = await stage.client();
    await client.write(HEAD + chunks, pace);
    await expectRefused(client, stage.origin, { late: true, status: [400, 413, 431] });
    await stage.origin.until(() => stage.origin.openConnections === 0, 'what it got of the request to be aborted');
  });
});

describe.each(PACES)('trailers of a request (%j)', (pace) => {
  test('go on when they are harmless', async () => {
    const client = await stage.client();
    await client.ask(`${HEAD}5\r\nhello\r\n0\r\nX-Checksum: abc\r\nServer-Timing: a;dur=1\r\n\r\n`, pace);
    expect(stage.origin.requests[0]?.trailers).toEqual(['X-Checksum: abc', 'Server-Timing: a;dur=1']);
    await expectNextClean(client, stage.origin, 1);
  });

  test.each([
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    'Host: other',
    'Connection: close',
    'Upgrade: websocket',
    'TE: trailers',
    'Trailer: X-A',
    'Authorization: Basic eA==',
    'Proxy-Authorization: Basic eA==',
    'Cookie: a=b',
    'Set-Cookie: a=b',
    'X-Forwarded-For: 6.6.6.6',
    'Forwarded: for=6.6.6.6',
    'Via: 1.1 x',
    'Expect: 100-continue',
    'Content-Type: text/html',
    'Content-Encoding: gzip',
    'Content-Range: bytes 0-1/2',
    'Range: bytes=0-1',
    'Cache-Control: no-store',
    'Max-Forwards: 0',
    'If-Match: "x"',
  ])('are dropped when they could frame, route or authorise: %s', async (line) => {
    const client = await stage.client();
    await client.ask(`${HEAD}5\r\nhello\r\n0\r\n${line}\r\nX-Checksum: abc\r\n\r\n`, pace);
    expect(stage.origin.requests[0]?.trailers).toEqual(['X-Checksum: abc']);
    await expectNextClean(client, stage.origin, 1);
  });
});

test('extensions of one byte per chunk cannot be used to send without limit', async () => {
  const client = await stage.client();
  await client.write(HEAD);
  const chunk = `1;${'a'.repeat(200)}\r\nx\r\n`;
  for (let sent = 0; sent < 2000 && client.closing === 'open'; sent += 50) await client.write(chunk.repeat(50));
  await client.write('0\r\n\r\n');
  await expectRefused(client, stage.origin, { late: true, status: [400, 413] });
});

describe('chunks of an answer', () => {
  test.each(good)('%s are read, and their framing is written anew', async (_, chunks, body) => {
    stage.origin.script = { onRequest: (connection) => connection.send(ANSWER + chunks) };
    const client = await stage.client();
    const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer.body.toString('latin1')).toBe(body);
    expect(answer.framing).toBe('chunked');
    for (const line of answer.chunkSizeLines) expect(line).not.toContain(';');
  });

  test.each(bad)('%s: the client gets a 502 or a broken body, never a whole one', async (_, chunks) => {
    stage.origin.script = { onRequest: (connection) => connection.send(ANSWER + chunks) };
    const client = await stage.client();
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    const answer = await client.readFinal('POST').catch((error: unknown) => error);
    if (answer instanceof Error) expect(answer.message).toMatch(/^(ended|reset) within an answer/);
    else expectOwnAnswer(answer as Awaited<ReturnType<typeof client.read>>, 502, 'http_protocol_error');
    expect(client.unread.toString('latin1')).not.toMatch(/0\r\n\r\n$/);
    await stage.origin.until(() => stage.origin.openConnections === 0, 'the connection to be dropped');
    await stage.origin.forget();
    await expectNextClean(await stage.client(), stage.origin, 0);
  });

  test('harmless trailers go on, framing and routing ones do not', async () => {
    const trailers =
      'X-Checksum: abc\r\nContent-Length: 3\r\nSet-Cookie: a=b\r\nConnection: close\r\nGrpc-Status: 0\r\n';
    stage.origin.script = { onRequest: (connection) => connection.send(`${ANSWER}2\r\nok\r\n0\r\n${trailers}\r\n`) };
    const client = await stage.client();
    const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\nConnection: TE\r\n\r\n');
    expect(answer.trailers).toEqual(['X-Checksum: abc', 'Grpc-Status: 0']);
    stage.origin.script = {};
    await expectNextClean(client, stage.origin, 1);
  });
});
