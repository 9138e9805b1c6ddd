import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const SMUGGLED = 'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const stage = useStage();

const lengths = [
  '+5',
  '-1',
  '0x5',
  '5,6',
  '5, 6',
  '5, 5',
  '',
  ' ',
  '5 5',
  '5;',
  '5.0',
  '"5"',
  '5e0',
  '\xb5',
  '0b1',
  '1_0',
  '18446744073709551616',
  '18446744073709551621',
  '9007199254740993',
  '99999999999999999999999999999999',
];
const codings = [
  '',
  ',chunked',
  ', chunked',
  'chunked,',
  'chunked, chunked',
  'chunked,chunked',
  'identity',
  'identity, chunked',
  'chunked, identity',
  'gzip',
  'gzip, chunked',
  'chunked, gzip',
  'xchunked',
  'chunkedx',
  'chunked;q=1',
  '"chunked"',
  'chun ked',
  "'chunked'",
  'chunked\xa0',
  '\xa0chunked',
  'cow',
];
const ambiguous: readonly (readonly [string, readonly string[]])[] = [
  ...lengths.map((value) => [`Content-Length ${JSON.stringify(value)}`, [`Content-Length: ${value}`]] as const),
  ...codings.map((value) => [`Transfer-Encoding ${JSON.stringify(value)}`, [`Transfer-Encoding: ${value}`]] as const),
  ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
  ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5']],
  ['a length and an unknown coding', ['Content-Length: 5', 'Transfer-Encoding: x']],
  ['a length and an empty coding', ['Content-Length: 5', 'Transfer-Encoding:']],
  ['a length of 0 and chunks', ['Content-Length: 0', 'Transfer-Encoding: chunked']],
  ['two lengths that differ', ['Content-Length: 5', 'Content-Length: 6']],
  ['two lengths that differ, apart', ['Content-Length: 5', 'X-A: b', 'content-length: 6']],
  ['two lengths that are equal', ['Content-Length: 5', 'Content-Length: 5']],
  ['three lengths, the last one other', ['Content-Length: 5', 'Content-Length: 5', 'Content-Length: 50']],
  ['two codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
  ['two codings, the second unknown', ['Transfer-Encoding: chunked', 'Transfer-Encoding: cow']],
  ['two codings, the first unknown', ['Transfer-Encoding: cow', 'transfer-encoding: chunked']],
];

describe.each(PACES)('a request whose end is in doubt is refused and the connection closed (%j)', (pace) => {
  test.each(ambiguous)('%s', async (_, lines) => {
    const client = await stage.client();
    const head = `POST /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n`;
    await client.write(`${head}5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`, pace);
    await expectRefused(client, stage.origin, { status: [400, 413] });
  });

  test.each(ambiguous)('%s, on a GET after a good request', async (_, lines) => {
    const client = await stage.client();
    await expectNextClean(client, stage.origin, 0);
    await stage.origin.forget();
    const head = `GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${lines.join('\r\n')}\r\n\r\n`;
    await client.write(`${head}${SMUGGLED}`, pace);
    await expectRefused(client, stage.origin, { status: [400, 413] });
  });

  test.each(['chunked', 'Chunked', 'gzip, chunked', 'identity'])(
    'HTTP/1.0 with Transfer-Encoding: %s',
    async (coding) => {
      const client = await stage.client();
      const head = `POST /svc/x HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
      await client.write(`${head}5\r\nhello\r\n0\r\n\r\n`, pace);
      await expectRefused(client, stage.origin);
    },
  );
});

describe('Connection never touches framing', () => {
  test.each(['content-length', 'Content-Length', 'close-not, content-length', 'transfer-encoding, content-length'])(
    'a length nominated by Connection: %s is kept',
    async (nominated) => {
      const client = await stage.client();
      await client.ask(
        `POST /svc/x HTTP/1.1\r\nHost: localhost\r\nConnection: ${nominated}\r\nContent-Length: 5\r\n\r\nhello`,
      );
      const [request] = stage.origin.requests;
      expectForwarded(request, { method: 'POST', target: '/x', lines: ['Content-Length: 5'], body: 'hello' });
      await expectNextClean(client, stage.origin, 1);
    },
  );

  test('chunks nominated by Connection are kept', async () => {
    const client = await stage.client();
    const head = 'POST /svc/x HTTP/1.1\r\nConnection: transfer-encoding\r\nHost: localhost\r\n';
    await client.ask(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
    const [request] = stage.origin.requests;
    expectForwarded(request, { method: 'POST', target: '/x', lines: ['Transfer-Encoding: chunked'], body: 'hello' });
    await expectNextClean(client, stage.origin, 1);
  });
});

test.each(['chunked', 'Chunked', 'CHUNKED', 'chunked\t', '\t chunked '])(
  'Transfer-Encoding:%j is chunked',
  async (coding) => {
    const client = await stage.client();
    const head = `POST /svc/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:${coding}\r\n\r\n`;
    await client.ask(`${head}5\r\nhello\r\n0\r\n\r\n`);
    expect(stage.origin.requests[0]?.body.toString()).toBe('hello');
    expect(stage.origin.requests[0]?.chunked).toBe(true);
    await expectNextClean(client, stage.origin, 1);
  },
);

describe('names that some origins take for framing, because they fold _ to -, frame nothing and are not passed on', () => {
  test.each([
    ['Content_Length: 5', 'Content-Length: 2'],
    ['content_length: 0', 'Content-Length: 2'],
    ['Transfer_Encoding: chunked', 'Content-Length: 2'],
    ['TRANSFER_ENCODING: chunked', 'Content-Length: 2'],
  ])('%s', async (line, framing) => {
    const client = await stage.client();
    await client.ask(`POST /svc/x HTTP/1.1\r\nHost: localhost\r\n${line}\r\n${framing}\r\n\r\nhi`);
    expectForwarded(stage.origin.requests[0], { method: 'POST', target: '/x', lines: [framing], body: 'hi' });
    await expectNextClean(client, stage.origin, 1);
  });
});
