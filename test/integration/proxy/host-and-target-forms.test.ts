import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectForwarded, expectNextClean, expectOwnAnswer, expectRefused } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();

describe.each(PACES)('a Host that is in doubt is refused (%j)', (pace) => {
  test.each([
    ['missing', []],
    ['repeated', ['Host: localhost', 'Host: svc.localhost']],
    ['repeated with the same value', ['Host: localhost', 'Host: localhost']],
    ['repeated in other letters', ['Host: localhost', 'X-A: b', 'hOST: localhost']],
    ['empty', ['Host:']],
    ['blank', ['Host: \t ']],
    ...[
      'a,b',
      'localhost, svc.localhost',
      'user@localhost',
      'user:pass@localhost',
      'localhost/svc',
      'localhost/',
      'localhost?x',
      'localhost#x',
      'local host',
      'localhost\\x',
      'local\thost',
      'localhost:http',
      'localhost:-1',
      'localhost:65536',
      'localhost:7700:7700',
      'localhost: 7700',
      ':7700',
      '[::1',
      '[::1]x',
      '[localhost]',
      '::1',
      'http://localhost',
      'l\xf6calhost',
      '%6cocalhost',
      '<localhost>',
      '"localhost"',
    ].map((value) => [JSON.stringify(value), [`Host: ${value}`]] as const),
  ] as readonly (readonly [string, readonly string[]])[])('%s', async (_, lines) => {
    const client = await stage.client();
    await client.write(`${['GET /svc/x HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`, pace);
    await expectRefused(client, stage.origin);
  });
});

describe.each(PACES)('accepted forms (%j)', (pace) => {
  test.each([
    ['localhost'],
    ['localhost:7700'],
    ['LOCALHOST'],
    ['127.0.0.1'],
    ['127.0.0.1:7700'],
    ['[::1]'],
    ['[::1]:7700'],
    ['svc.localhost'],
    ['svc.localhost:7700'],
  ])('Host: %s by path or by host', async (host) => {
    const client = await stage.client();
    const path = host.startsWith('svc.') ? '/x' : '/svc/x';
    await client.ask(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, pace);
    expectForwarded(stage.origin.requests[0], { method: 'GET', target: '/x' });
    expect(stage.origin.requests[0]?.head.value('x-forwarded-host')).toBe(host);
    await expectNextClean(client, stage.origin, 1);
  });

  test.each(['svc.service.consul', 'SVC.service.consul', 'svc.service.consul:80', 'svc.localhost:7700'])(
    'Host: %s by host',
    async (host) => {
      const client = await stage.client();
      await client.ask(`GET /a//b?c=%zz HTTP/1.1\r\nHost: ${host}\r\n\r\n`, pace);
      expectForwarded(stage.origin.requests[0], { method: 'GET', target: '/a//b?c=%zz' });
      await expectNextClean(client, stage.origin, 1);
    },
  );

  test.each([
    ['http://svc.service.consul/x?q', '/x?q'],
    ['http://svc.service.consul', '/'],
    ['http://svc.service.consul?q', '/?q'],
    ['http://svc.service.consul:80/x', '/x'],
    ['HTTP://svc.service.consul/x', '/x'],
    ['http://svc.localhost:7700//x', '//x'],
    ['http://localhost:7700/svc/x', '/x'],
  ])('the absolute form %s: host and route come from the target', async (target, rest) => {
    const client = await stage.client();
    await client.ask(`GET ${target} HTTP/1.1\r\nHost: other.localhost\r\nX-A: b\r\n\r\n`, pace);
    expectForwarded(stage.origin.requests[0], { method: 'GET', target: rest, lines: ['X-A: b'] });
    const { head } = stage.origin.requests[0] ?? {};
    expect(head?.value('host')).not.toContain('other');
    expect(head?.value('x-forwarded-host')).toBe(/\/\/([^/?]+)/.exec(target)?.[1]);
    expect(stage.other.connections).toHaveLength(0);
    await expectNextClean(client, stage.origin, 1);
  });

  test('OPTIONS * by host', async () => {
    const client = await stage.client();
    await client.ask('OPTIONS * HTTP/1.1\r\nHost: svc.localhost\r\n\r\n', pace);
    expectForwarded(stage.origin.requests[0], { method: 'OPTIONS', target: '*' });
    await expectNextClean(client, stage.origin, 1);
  });

  test('HTTP/1.0 without Host, which 1.0 allows', async () => {
    const client = await stage.client();
    expect((await client.ask('GET /svc/x HTTP/1.0\r\n\r\n', pace)).status).toBe(200);
    expect(stage.origin.requests.map(({ target }) => target)).toEqual(['/x']);
    expect(stage.origin.requests[0]?.head.values('x-forwarded-host')).toEqual([]);
    expect(await client.whenClosed()).toBe('ended');
  });
});

describe('refused forms of the target', () => {
  test.each([
    ['an authority', 'GET svc.service.consul:80'],
    ['an authority on POST', 'POST svc:80'],
    ['* on GET', 'GET *'],
    ['* on POST', 'POST *'],
    ['a path without a slash', 'GET svc/x'],
    ['a query alone', 'GET ?x'],
    ['another scheme', 'GET ftp://svc.service.consul/x'],
    ['https, which a plain proxy cannot speak for', 'GET https://svc.service.consul/x'],
    ['no scheme', 'GET ://svc.service.consul/x'],
    ['an empty authority', 'GET http:///x'],
    ['no authority', 'GET http:/x'],
    ['user information', 'GET http://user@svc.service.consul/x'],
    ['user and password', 'GET http://u:p@svc.service.consul/x'],
    ['a bad port', 'GET http://svc.service.consul:x/x'],
    ['a port beyond all', 'GET http://svc.service.consul:65536/x'],
    ['a list of hosts', 'GET http://svc.service.consul,other.service.consul/x'],
    ['an encoded host', 'GET http://%73vc.service.consul/x'],
  ])('%s', async (_, start) => {
    const client = await stage.client();
    await client.write(`${start} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await expectRefused(client, stage.origin);
  });

  test.each([
    ['CONNECT with an authority', 'CONNECT svc.service.consul:80'],
    ['CONNECT with a path', 'CONNECT /svc/x'],
    ['TRACE', 'TRACE /svc/x'],
  ])('%s: 405', async (_, start) => {
    const client = await stage.client();
    const answer = await client.ask(`${start} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expectOwnAnswer(answer, 405, 'http_request_error');
    expect(stage.origin.connections).toHaveLength(0);
    // What follows a CONNECT may be meant for the tunnel that there is not: it must not be read as a request.
    if (start.startsWith('CONNECT')) await client.whenClosed();
  });
});
