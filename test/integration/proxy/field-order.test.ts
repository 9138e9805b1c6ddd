import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();
const repeated = [
  'X-B: 1',
  'x-a: 2',
  'X-B: 3',
  'X-b:4',
  'Accept: */*',
  'X-A:\t 5 ',
  'X-Empty:',
  'X-B: 1',
  'X-Last: \xe4',
];

describe.each(PACES)('fields keep order, case and their number (%j)', (pace) => {
  test('in a request', async () => {
    const client = await stage.client();
    await client.ask(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${repeated.join('\r\n')}\r\n\r\n`, pace);
    const kept = stage.origin.requests[0]?.head.lines.filter((line) => /^(x-(a|b|empty|last)|accept):/i.test(line));
    expect(kept).toEqual(repeated);
    await expectNextClean(client, stage.origin, 1);
  });

  test('around stripped ones', async () => {
    const client = await stage.client();
    const lines = [
      'X-1: a',
      'Keep-Alive: 5',
      'X-2: b',
      'Connection: x-3',
      'X-3: c',
      'X-4: d',
      'Forwarded: for=x',
      'X-5: e',
    ];
    await client.ask(`GET /svc/x HTTP/1.1\r\n${lines.join('\r\n')}\r\nHost: localhost\r\n\r\n`, pace);
    expectForwarded(stage.origin.requests[0], {
      method: 'GET',
      target: '/x',
      lines: ['X-1: a', 'X-2: b', 'X-4: d', 'X-5: e'],
    });
  });
});

test('in an answer, Set-Cookie above all', async () => {
  const lines = [
    'Set-Cookie: a=1; Path=/',
    'X-B: 1',
    'set-cookie: b=2, c=3',
    'x-b: 2',
    'Set-Cookie: a=1; Path=/',
    'WWW-Authenticate: Basic',
    'WWW-Authenticate: Digest a="b"',
  ];
  stage.origin.script = {
    onRequest: (connection) => connection.send(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`),
  };
  const client = await stage.client();
  const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answer.head.lines.filter((line) => /^(set-cookie|x-b|www-authenticate):/i.test(line))).toEqual(lines);
});

describe('1,100 small fields are honoured whole or refused whole', () => {
  const many = Array.from({ length: 1100 }, (_, index) => `x${index}: ${index}`);

  test('in a request', async () => {
    const client = await stage.client();
    await client.write(`GET /svc/x HTTP/1.1\r\nHost: localhost\r\n${many.join('\r\n')}\r\n\r\n`);
    const answer = await client.read();
    if (answer.status === 200) {
      expectForwarded(stage.origin.requests[0], { method: 'GET', target: '/x', lines: many });
    } else {
      expectOwnAnswer(answer, 431, 'http_request_error');
      await client.whenClosed();
      expect(stage.origin.connections).toHaveLength(0);
    }
  });

  test('with the framing in the last of them', async () => {
    const client = await stage.client();
    const head = `POST /svc/x HTTP/1.1\r\nHost: localhost\r\n${many.join('\r\n')}\r\nContent-Length: 5\r\n\r\n`;
    await client.write(`${head}hello`);
    const answer = await client.read('POST');
    if (answer.status === 200) {
      expect(stage.origin.requests.map(({ body }) => body.toString())).toEqual(['hello']);
    } else {
      expectOwnAnswer(answer, 431, 'http_request_error');
      expect(stage.origin.connections).toHaveLength(0);
    }
  });

  test('in an answer', async () => {
    stage.origin.script = {
      onRequest: (connection) =>
        connection.send(`HTTP/1.1 200 OK\r\n${many.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok`),
    };
    const client = await stage.client();
    const answer = await client.ask('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    if (answer.status === 200) expect(answer.head.lines.filter((line) => /^x\d/.test(line))).toEqual(many);
    else expectOwnAnswer(answer, 502, 'http_protocol_error');
  });
});
