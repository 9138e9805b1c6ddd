import { describe, expect, test } from 'vitest';
import { freePorts } from '../../support/free-port.ts';
import { RawClient } from '../../support/raw-client.ts';
import { useStage } from '../../support/raw-stage.ts';
import { startTestProxy } from '../../support/test-proxy.ts';

const SECRETS = [
  's3cr3t-auth',
  's3cr3t-cookie',
  's3cr3t-query',
  's3cr3t-token',
  's3cr3t-body',
  's3cr3t-answer',
  's3cr3t-user',
];
const lines = [
  'Authorization: Bearer s3cr3t-auth',
  'Cookie: session=s3cr3t-cookie',
  'X-Consul-Token: s3cr3t-token',
  'Proxy-Authorization: Basic s3cr3t-auth',
].join('\r\n');
const ask = (target: string, more = '') =>
  `POST ${target}?token=s3cr3t-query HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n${more}Content-Length: 11\r\n\r\ns3cr3t-body`;
const leaked = (text: string) => SECRETS.filter((secret) => text.includes(secret));

const stage = useStage();

/** Every way in which a request fails, or does not. */
const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['is answered', ask('/svc/x'), undefined],
  ['is malformed', ask('/svc/x', 'Bad Header: s3cr3t-auth\r\n'), undefined],
  ['has a malformed value of a secret field', ask('/svc/x', 'Authorization: s3cr3t-auth\0\r\n'), undefined],
  ['has an ambiguous length', ask('/svc/x', 'Content-Length: s3cr3t-auth\r\n'), undefined],
  ['has a malformed target', ask('/svc/x#'), undefined],
  ['has user information in its target', ask('http://user:s3cr3t-user@svc.localhost/x'), undefined],
  ['names nobody', ask('/nobody/x'), undefined],
  ['names no service', ask('/no%20name/x'), undefined],
  ['is foreign', ask('/svc/x', 'Origin: http://evil.example\r\n'), undefined],
  ['gets junk', ask('/svc/x'), 'HTTP/1.1 200 OK\r\nBad Header: s3cr3t-answer\r\n\r\n'],
  [
    'gets a broken body',
    ask('/svc/x'),
    'HTTP/1.1 200 OK\r\nSet-Cookie: s3cr3t-answer\r\nContent-Length: 50\r\n\r\npart',
  ],
  ['gets an error', ask('/svc/x'), 'HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n'],
];

describe('nothing secret is in errors or events, when a request', () => {
  test.each(cases)('%s', async (_, bytes, answer) => {
    if (answer !== undefined) {
      stage.origin.script = {
        onRequest: (connection) => {
          connection.send(answer);
          if (answer.endsWith('part')) connection.end();
        },
      };
    }
    const before = stage.proxy.events.length;
    const client = await stage.client();
    await client.write(bytes);
    await client.sees('\r\n\r\n');
    if (answer?.endsWith('part')) await client.whenClosed();
    const own = client.unread.toString('latin1');
    if (/proxy-status/i.test(own)) expect(leaked(own)).toEqual([]);
    client.close();
    expect(leaked(JSON.stringify(stage.proxy.events.slice(before)))).toEqual([]);
  });

  test('cannot be sent on', async () => {
    const [port = 0] = await freePorts(1);
    const proxy = await startTestProxy({ upstreams: { gone: [`127.0.0.1:${port}`] } });
    try {
      await using client = await RawClient.connect(proxy);
      await client.write(ask('/gone/x'));
      const answer = await client.readFinal('POST');
      expect([answer.status, answer.head.value('proxy-status')]).toEqual([
        502,
        expect.stringMatching(/connection_refused/),
      ]);
      expect(leaked(`${answer.head.lines.join('\n')}${answer.body}${JSON.stringify(proxy.events)}`)).toEqual([]);
    } finally {
      await proxy.close();
    }
  });
});

test('what is reported has no control characters of the client in it', async () => {
  const client = await stage.client();
  await client.write('GET /svc/x\x1b[31m\x07 HTTP/1.1\r\nHost: lo\x1bcalhost\r\nX\n{"level":"fatal"}: y\r\n\r\n');
  const answer = await client.read();
  expect([...answer.body].filter((byte) => (byte < 0x20 && byte !== 0x0a) || byte === 0x7f)).toEqual([]);
  expect(Object.values(JSON.parse(answer.body.toString())).join(' ')).not.toContain('\x1b');
});

test('errors say nothing of addresses inside', async () => {
  const [port = 0] = await freePorts(1);
  const proxy = await startTestProxy({ upstreams: { gone: [`127.0.0.1:${port}`] } });
  try {
    await using client = await RawClient.connect(proxy);
    const answer = await client.ask('GET /gone/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer.status).toBe(502);
    expect(answer.body.toString()).not.toMatch(/\bat .*\.ts:\d+|node_modules|\/src\//);
  } finally {
    await proxy.close();
  }
});
