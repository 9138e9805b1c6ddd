import { describe, expect, test } from 'vitest';
import { PACES } from '../../support/raw-client.ts';
import { expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { useStage } from '../../support/raw-stage.ts';

const stage = useStage();

describe.each(PACES)('what a foreign page could send is refused with 403 (%j)', (pace) => {
  test.each([
    ['a foreign host (DNS rebinding)', ['Host: evil.example']],
    ['a foreign host with the port', ['Host: evil.example:7700']],
    ['a host that begins like ours', ['Host: localhost.evil.example']],
    ['a host that ends like ours', ['Host: evillocalhost']],
    ['a host that ends like Consul', ['Host: evil.service.consul.example']],
    ['a rebinding host that begins with an address', ['Host: 127.0.0.1.nip.io']],
    ['a foreign address', ['Host: 8.8.8.8']],
    ['a foreign Origin', ['Host: localhost', 'Origin: https://evil.example']],
    ['a foreign Origin in capitals', ['Host: localhost', 'ORIGIN: HTTPS://EVIL.EXAMPLE']],
    ['an Origin that begins like ours', ['Host: localhost', 'Origin: http://localhost.evil.example']],
    ['an Origin with ours as its user', ['Host: localhost', 'Origin: http://localhost@evil.example']],
    ['the null Origin', ['Host: localhost', 'Origin: null']],
    ['a foreign Origin by host', ['Host: svc.localhost', 'Origin: https://evil.example']],
    ['two Origins, one foreign', ['Host: localhost', 'Origin: http://localhost', 'Origin: https://evil.example']],
    ['Sec-Fetch-Site: cross-site', ['Host: localhost', 'Sec-Fetch-Site: cross-site']],
    [
      'cross-site, with an Origin of ours',
      ['Host: localhost', 'Origin: http://localhost', 'Sec-Fetch-Site: cross-site'],
    ],
    [
      'a WebSocket of a foreign page',
      ['Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Origin: https://evil.example'],
    ],
  ] as const)('%s', async (_, lines) => {
    const client = await stage.client();
    const answer = await client.ask(`GET /svc/x HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, pace);
    if (lines.filter((line) => line.startsWith('Origin')).length < 2)
      expectOwnAnswer(answer, 403, 'http_request_denied');
    else expect([400, 403]).toContain(answer.status);
    expect(stage.origin.connections).toHaveLength(0);
  });

  test('a foreign page cannot post a body that becomes a request', async () => {
    const client = await stage.client();
    const body = 'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const head = `POST /svc/x HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: ${body.length}`;
    const answer = await client.ask(`${head}\r\n\r\n${body}`, pace);
    expectOwnAnswer(answer, 403, 'http_request_denied');
    if (answer.head.value('connection') !== 'close') await expectNextClean(client, stage.origin, 0);
    else expect(stage.origin.connections).toHaveLength(0);
  });
});

describe('curl, apps and pages of this machine are served', () => {
  test.each([
    ['no Origin', ['Host: localhost']],
    ['an Origin of localhost', ['Host: localhost', 'Origin: http://localhost:3000']],
    ['an Origin of 127.0.0.1', ['Host: 127.0.0.1:7700', 'Origin: http://127.0.0.1:3000']],
    ['an Origin of ::1', ['Host: [::1]:7700', 'Origin: http://[::1]:3000']],
    ['Sec-Fetch-Site: same-origin', ['Host: localhost', 'Sec-Fetch-Site: same-origin']],
    ['Sec-Fetch-Site: none (typed in)', ['Host: localhost', 'Sec-Fetch-Site: none']],
  ])('%s', async (_, lines) => {
    const client = await stage.client();
    const answer = await client.ask(`GET /svc/x HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect(answer.status, answer.body.toString()).toBe(200);
  });
});
